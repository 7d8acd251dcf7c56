"""Studies: what is planned parses, what is cut goes on, pages are drawn."""

import json
import subprocess
import sys
import time

import numpy as np
import pytest

from seal_tf.cli import method, probe_flags, train_flags
from seal_tf.cli.flags import parse
from studies import compare, page, pages, run, study


@pytest.mark.parametrize("name", study.names())
def test_every_run_of_every_study_parses(name):
    """Flags are known, methods agree, no two runs share a folder."""
    planned = study.read(name)
    folders = [r.name for r in planned.runs]
    assert len(set(folders)) == len(folders)
    assert set(planned.bases) <= planned.methods.keys()
    for one in planned.runs:
        module, *words = one.words("DIR", "DATA", "OUT")
        if module == "seal_tf.train":
            flags = parse(train_flags.define, "", words)
            schedule = method.schedule_from(flags)
            schedule.check(one.passes)
            assert flags.seed == one.seed
        else:
            flags = parse(probe_flags.define, "", words)
            assert flags.out == "DIR"


def test_flags_win_over_one_another():
    found = {r.name: r for r in study.read("size").runs}
    assert found["x100_g8/long-seed0"].passes == 128
    assert found["x100_g8/long-seed0"].flags["generations"] == 1
    assert found["x100_g8/llf-seed0"].passes == 128


def test_a_probe_asks_the_network_that_another_study_trained():
    one = study.read("transfer").runs[0]
    words = one.words("o/transfer/x", "d", "o")
    assert "--export=o/methods/tiny20x200_32/long-seed0" in words
    assert one.result == "prediction_depth.json"


TINY = """
title = "A tiny one"
question = "Does it run?"
bases = ["long"]
[flags]
arch = "small"
dataset = "digits"
images_per_class = 4
batch_size = 20
generations = 2
epochs_per_generation = 2
progress = "none"
[where.digits]
images = 40
[method.long]
label = "one long cosine"
flags = { method = "normal", generations = 1, epochs_per_generation = 4 }
[method.auto]
label = "SEAL, S found"
flags = { method = "seal+snapshots", ascent_scale = "auto" }
[[runs]]
seeds = [0]
"""


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "tiny.toml").write_text(TINY)
    monkeypatch.setattr(study, "FOLDER", tmp_path / "studies")
    return tmp_path


def _asked(folder, *more):
    return [
        "tiny",
        f"--out={folder / 'out'}",
        f"--results={folder / 'results'}",
        f"--data={folder}",
        "--jobs=1",
        *more,
    ]


@pytest.mark.slow
def test_a_study_runs_once_and_can_be_repeated(tiny, capsys):
    assert run.main(_asked(tiny)) == 0
    folder = tiny / "results" / "tiny"
    said = (folder / "README.md").read_text()
    assert "2 of 2 runs done" in said
    assert "SEAL, S found, ensemble" in said
    assert (folder / "digits.png").stat().st_size > 5_000
    assert (folder / "digits_forgetting.png").stat().st_size > 5_000
    kept = json.loads(
        (folder / "json" / "digits" / "auto-seed0.json").read_text()
    )
    assert "python -m seal_tf.train" in kept["command"]
    assert kept["result"]["looks"]
    capsys.readouterr()
    # Nothing is done twice; what it would cost is nothing.
    assert run.main(_asked(tiny)) == 0
    assert "begins" not in capsys.readouterr().out
    assert run.main(_asked(tiny, "--dry_run")) == 0
    assert "0 runs to do of 2" in capsys.readouterr().out
    assert run.main(_asked(tiny, "--repeat=digits/auto-seed0")) == 0
    assert "the same figures" in capsys.readouterr().out


@pytest.mark.slow
def test_a_failed_run_is_named_and_others_go_on(tiny, capsys):
    # A folder that is no run of ours.
    (tiny / "out" / "tiny" / "digits" / "long-seed0").mkdir(parents=True)
    (tiny / "out" / "tiny" / "digits" / "long-seed0" / "x").touch()
    assert run.main(_asked(tiny)) == 1
    said = capsys.readouterr().out
    assert "failed: digits/long-seed0" in said
    assert "digits/auto-seed0: validation accuracy" in said


def test_what_is_kept_is_not_done_again(tiny, capsys):
    """A clone with results and no work directories has nothing to do."""
    folder = tiny / "results" / "tiny" / "json" / "digits"
    folder.mkdir(parents=True)
    for name, method_ in (("long", "normal"), ("auto", "seal+snapshots")):
        found = _kept(0.5, 0, flags={"method": method_, "data_dir": "/x"})
        (folder / f"{name}-seed0.json").write_text(json.dumps(found))
    before = (folder / "auto-seed0.json").read_bytes()
    assert run.main(_asked(tiny)) == 0
    assert "begins" not in capsys.readouterr().out
    assert (folder / "auto-seed0.json").read_bytes() == before
    assert run.main(_asked(tiny, "--dry_run")) == 0
    assert "0 runs to do of 2" in capsys.readouterr().out


def test_a_result_of_other_flags_is_refused(tiny, capsys):
    folder = tiny / "results" / "tiny" / "json" / "digits"
    folder.mkdir(parents=True)
    found = _kept(0.5, 0, flags={"method": "normal", "generations": 7})
    (folder / "long-seed0.json").write_text(json.dumps(found))
    for more in ((), ("--dry_run",), ("--repeat=digits/long-seed0",)):
        with pytest.raises(SystemExit):
            run.main(_asked(tiny, *more))
        said = capsys.readouterr().err
        assert "--generations=7 there, 1 planned" in said
        assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["method", "--dry_run"], "no study 'method'; there is methods"),
        (["--dry_run"], "name one study of"),
        (["methods"], "--data=None"),
        (["methods", "--data=.", "--repeat=x"], "no such run"),
    ],
)
def test_bad_input_is_one_line(words, said, capsys, tmp_path):
    with pytest.raises(SystemExit) as stopped:
        run.main([*words, f"--results={tmp_path}"])
    assert stopped.value.code == 2
    found = capsys.readouterr().err
    assert said in found
    assert found.count("\n") == 1


def _kept(accuracy, seed, **more):
    return {
        "date": "2026-01-01",
        "machine": "2 cores",
        "result": {
            "last": {"val_accuracy": accuracy},
            "seconds": 36.0,
            "versions": {"tensorflow": "2", "keras": "3"},
            "seed": seed,
            **more,
        },
    }


def test_differences_are_paired_by_seed():
    """Against NumPy: three seeds that move together tell two methods apart."""
    planned = study.read("methods")
    found = {}
    long, llf = [0.50, 0.60, 0.70], [0.51, 0.62, 0.73]
    for seed in range(3):
        found["eurosat", "long", seed] = _kept(long[seed], seed)
        found["eurosat", "llf", seed] = _kept(llf[seed], seed)
    rows = {r.method: r for r in compare.rows(planned, found, "eurosat")}
    assert rows["llf"].said() == "62.00 ± 11.00"
    difference = 100 * (np.array(llf) - long)
    half = 4.302653 * difference.std(ddof=1) / 3**0.5
    low, high = difference.mean() - half, difference.mean() + half
    assert rows["llf"].less["long"] == f"+2.00 ({low:+.2f} to {high:+.2f})"
    assert rows["long"].less == {}
    assert compare.rows(planned, found, "cifar100") == []


def test_a_page_is_drawn_from_json_alone(tmp_path):
    planned = study.read("choose")
    test = {"test": {"accuracy": 0.4}}
    for name, accuracy in (("l2_5e-4", 0.5), ("mixup02", 0.6)):
        path = tmp_path / "choose" / "json" / "tiny20x200_32"
        path.mkdir(parents=True, exist_ok=True)
        (path / f"{name}-seed7.json").write_text(
            json.dumps(_kept(accuracy, 7, **test))
        )
    drawn = page.draw(planned, tmp_path).read_text()
    assert "| one long cosine, MixUp 0.2 | 1 | 60.00 | 40.00 | +10.00" in drawn
    assert "2 of 13 runs done" in drawn


@pytest.mark.slow
def test_stopped_and_gone_on_with(tiny):
    """SIGTERM reaches the runs; the same command ends with the same page."""
    command = [
        sys.executable,
        "-c",
        "import sys; from pathlib import Path; from studies import run, study;"
        f"study.FOLDER = Path({str(tiny / 'studies')!r});"
        "sys.exit(run.main(sys.argv[1:]))",
        *_asked(tiny),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline().startswith("begins: digits/long-seed0")
    log = tiny / "out" / "tiny" / "digits" / "long-seed0" / "metrics.jsonl"
    for _ in range(600):
        if log.exists() and log.read_text():
            break
        time.sleep(0.1)
    process.terminate()
    assert process.wait(120) == 130
    assert run.main(_asked(tiny)) == 0
    said = log.parent.with_name("long-seed0.log").read_text()
    assert "goes on after epoch" in said


def test_pages_show_what_the_json_says():
    """If this fails: make docs-results"""
    shown = pages.shown()
    assert shown
    for path in shown:
        text = path.read_text()
        assert pages.with_tables(text) == text, path
    for name in study.names():
        folder = pages.RESULTS / name
        if (folder / "json").exists():
            found = page.read(folder, study.read(name))
            assert f"({len(found)} of " in (folder / "README.md").read_text()


@pytest.mark.parametrize(
    ("difference", "said"),
    [
        (None, "too few seeds"),
        ((3.0, None), "too few seeds"),
        ((3.0, 2.9), "higher"),
        ((-3.0, 2.9), "lower"),
        ((-3.0, 3.1), "no difference seen"),
    ],
)
def test_a_verdict_is_that_of_the_interval(difference, said):
    assert pages.verdict(difference) == said


def test_generations_are_taken_over_seeds():
    planned = study.read("methods")
    found = {}
    for seed, ends in enumerate(([0.4, 0.5], [0.6, 0.5])):
        found["eurosat", "llf", seed] = _kept(
            0.5,
            seed,
            generations=[
                {"val_accuracy_last": a, "accuracy_at_end_of_ascent": None}
                for a in ends
            ],
        )
    ends = compare.by_generation(planned, found, "eurosat")
    assert ends == {"LLF": [[40, 60], [50, 50]]}


def test_a_part_that_is_not_there_is_said(capsys):
    with pytest.raises(SystemExit) as stopped:
        run.main(["scale", "--dry_run", "--only=nonsense"])
    assert stopped.value.code == 2
    assert "--only=nonsense: no run of scale" in capsys.readouterr().err
