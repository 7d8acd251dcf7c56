import json

import pytest

from seal_tf import train
from seal_tf.cli.flags import parse
from seal_tf.cli.train.flags import define_train_flags
from seal_tf.cli.train.seeds import parse_seeds, seeds_folder, set_seed
from tests.cli.runs import FINISHED, epochs_of, error_of, run

#: Entries of metrics.jsonl that measure time.
TIMES = ("seconds", "images_per_second")


def _flags(*words):
    return parse(define_train_flags, "", list(words))


def test_parse_seeds_returns_numbers():
    assert parse_seeds(_flags("--seeds=3, 1,20")) == (3, 1, 20)
    assert parse_seeds(_flags()) == ()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--seeds=1,a"], "--seeds=1,a"),
        (["--seeds=-1"], "as in 0,1,2. Received: --seeds=-1"),
        (["--seeds="], "as in 0,1,2"),
        (["--seeds=1,1"], "different numbers"),
        (["--seeds=1,2147483648"], "at most 2147483647. Received: --seeds=1"),
        (["--seeds=1,2", "--seed=1"], "--seed=1 and --seeds=1,2 are incomp"),
        (["--seeds=1,2", "--strategy=multi_worker"], "for each --seed"),
        (["--seeds=1,2", "--strategy=mirrored"], "for each --seed"),
    ],
)
def test_parse_seeds_other_values_raise(words, message):
    with pytest.raises(ValueError, match=message):
        parse_seeds(_flags(*words))


def test_set_seed_gives_each_seed_its_folder():
    flags = _flags("--dataset=digits", "--arch=small", "--generations=2")
    assert str(seeds_folder(flags)) == "runs/seal-digits-small"
    set_seed(flags, 4)
    assert (flags.seed, flags.workdir) == (4, "runs/seal-digits-small/seed4")
    flags = _flags("--workdir=runs/x", "--method=llf")
    set_seed(flags, 0)
    assert flags.workdir == "runs/x/seed0"


def test_seeds_folder_of_one_run_is_refused(tmp_path, capsys):
    (tmp_path / "flags.txt").write_text("--seed=0\n")
    assert "holds the run of one seed" in error_of(
        capsys, tmp_path, "--seeds=0,1"
    )


def test_seeds_run_each_with_its_folder_and_report_all(monkeypatch, tmp_path):
    runs, reported = [], []
    monkeypatch.setattr(
        train,
        "_run",
        lambda flags, stop, repeat_results: runs.append(
            (flags.seed, flags.workdir, flags.method, repeat_results)
        ),
    )
    monkeypatch.setattr(train, "report_seeds", lambda *a: reported.append(a))
    assert run(tmp_path, "--seeds=5,3") == 0
    assert runs == [
        (seed, str(tmp_path / f"seed{seed}"), None, False) for seed in (5, 3)
    ]
    assert reported == [(tmp_path, [5, 3])]


def test_seed_that_fails_is_named_and_the_rest_go_on(
    monkeypatch, tmp_path, capsys
):
    runs, reported = [], []

    def train_one(flags, stop, repeat_results):
        runs.append(flags.seed)
        if flags.seed == 3:
            (tmp_path / "seed3").mkdir()
            (tmp_path / "seed3" / "flags.txt").touch()
            raise SystemExit(2)

    monkeypatch.setattr(train, "_run", train_one)
    monkeypatch.setattr(train, "report_seeds", lambda *a: reported.append(a))
    line = error_of(capsys, tmp_path, "--seeds=5,3,4")
    assert runs == [5, 3, 4]
    assert reported == [(tmp_path, [5, 4])]
    assert line == (
        "seal_tf: --seeds: 1 of 3 runs failed, as said above: seed 3"
    )


def test_wrong_flags_end_the_command_at_the_first_seed(monkeypatch, tmp_path):
    runs = []

    def fail(flags, stop, repeat_results):
        runs.append(flags.seed)
        raise SystemExit(2)

    monkeypatch.setattr(train, "_run", fail)
    assert run(tmp_path, "--seeds=5,3") == 2
    assert runs == [5]


@pytest.mark.slow
def test_seeds_train_each_resume_and_report_all(finished_run, tmp_path, capsys):
    """A seed gives the same run as a command of its own."""
    words = [*FINISHED, "--seeds=0,1"]
    assert run(tmp_path, *words) == 0
    runs = [epochs_of(tmp_path / f"seed{seed}") for seed in (0, 1)]
    for epoch in [*runs[0], *(alone := epochs_of(finished_run))]:
        for name in TIMES:
            del epoch[name]
    assert runs[0] == alone
    assert runs[0] != runs[1]
    flags = (tmp_path / "seed1" / "flags.txt").read_text().splitlines()
    assert "--seed=1" in flags
    assert not any(line.startswith("--seeds") for line in flags)
    assert (tmp_path / "report" / "report.html").exists()
    capsys.readouterr()
    # The first seed is finished; the second one is not.
    (tmp_path / "seed1" / "summary.json").unlink()
    assert run(tmp_path, *words, "--quiet") == 0
    output = capsys.readouterr().out
    assert output.startswith("2 seeds: validation accuracy ")
    assert output.count("\n") == 1
    accuracies = [
        json.loads((tmp_path / f"seed{seed}" / "summary.json").read_text())[
            "last"
        ]["val_accuracy"]
        for seed in (0, 1)
    ]
    assert f"accuracy {sum(accuracies) / 2:.2%} ± " in output
