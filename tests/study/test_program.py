"""The commands of a study, and what they write."""

import json
import sys

import pytest

from seal_tf.study.candidate_file import choose_candidates, load_candidates
from seal_tf.study.program import (
    Script,
    SealTrain,
    delete_large_files,
    flag_words,
    format_command,
)

KNOWN = load_candidates()
FLAGS = {
    "method": "llf",
    "learning_rate": 0.05,
    "generations": 4,
    "epochs_per_generation": 24,
}


def test_seal_train_words_are_those_of_the_run(tmp_path):
    program = SealTrain({"dataset": "digits", "flip": False}, 0.25)
    words = program.build_command(FLAGS, 3, tmp_path / "run", final=False)
    assert words == [
        *(sys.executable, "-m", "seal_tf.train", "--dataset=digits"),
        *("--noflip", "--method=llf", "--learning_rate=0.05"),
        *("--generations=4", "--epochs_per_generation=24"),
        *("--val_from_train=0.25", "--seed=3", "--progress=lines"),
        f"--workdir={tmp_path / 'run'}",
    ]
    final = program.build_command(FLAGS, 3, tmp_path / "run", final=True)
    assert final == [w for w in words if "val_from_train" not in w]


def test_short_command_has_no_flags_that_count_epochs(tmp_path):
    program = SealTrain({"dataset": "digits", "decay_epochs": 16}, 0.25)
    flags = {**FLAGS, "warmup_epochs": 5}
    words = program.build_short_command(flags, 3, tmp_path / "run")
    assert words[3:] == [
        *("--dataset=digits", "--method=llf", "--learning_rate=0.05"),
        *("--generations=1", "--epochs_per_generation=3"),
        *("--val_from_train=0.25", "--seed=0", "--progress=lines"),
        f"--workdir={tmp_path / 'run'}",
    ]


def test_seal_train_uses_a_flag_of_a_method_in_its_runs_only(tmp_path):
    program = SealTrain({"retain": 0.7, "split_at": "conv4", "l2": 0.001}, 0.2)

    def flags_of(method):
        words = program.build_command(
            {"method": method}, 0, tmp_path, final=True
        )
        return [w for w in words if w.startswith(("--ret", "--spl", "--l2"))]

    assert flags_of("seal+snapshots") == [
        *("--retain=0.7", "--split_at=conv4", "--l2=0.001"),
    ]
    assert flags_of("llf") == ["--split_at=conv4", "--l2=0.001"]
    assert flags_of("swa") == ["--l2=0.001"]


@pytest.mark.parametrize(
    "flags, text",
    [
        ({"lerning_rate": 0.1}, "Unknown command line flag 'lerning_rate'"),
        ({"method": "sam"}, "--method=sam changes another method"),
        ({"method": "llf", "sam_rho": 0.1}, "--sam_rho=0.1 has no effect"),
        ({"l2": 0.1, "l2_timescale": 3.0}, "are incompatible"),
        ({"batch_size": "many"}, "batch_size"),
    ],
)
def test_seal_train_check_refuses_wrong_flags_in_one_line(flags, text):
    with pytest.raises(ValueError, match=text) as error:
        SealTrain({"dataset": "digits"}, 0.2).check(flags)
    assert "\n" not in str(error.value)


def test_script_gets_exactly_the_documented_flags(tmp_path):
    script = Script(["python", "my.py", "--data=x"])
    assert script.build_command(FLAGS, 3, tmp_path, final=False) == [
        *("python", "my.py", "--data=x", "--method=llf"),
        *("--learning_rate=0.05", "--generations=4", "--epochs=96"),
        *("--seed=3", "--evaluate_on=validation", f"--workdir={tmp_path}"),
    ]
    one = {"lr": 1, "generations": 1, "epochs_per_generation": 24}
    assert script.build_command(one, 0, tmp_path, final=True) == [
        *("python", "my.py", "--data=x", "--lr=1", "--epochs=24"),
        *("--seed=0", "--evaluate_on=test", f"--workdir={tmp_path}"),
    ]
    # The flags of the candidate are not changed.
    assert one["epochs_per_generation"] == 24


def test_read_result_is_that_of_a_finished_run(tmp_path):
    for program, name in (
        (Script(["x"]), "result.json"),
        (SealTrain({}, 0.2), "summary.json"),
    ):
        assert program.read_result(tmp_path) is None
        file = tmp_path / name
        file.write_text('{"accuracy": 0.5}')
        assert program.read_result(tmp_path) == {"accuracy": 0.5}
        for content, text in (("{", "is damaged"), ("[1]", r"Received: \[1\]")):
            file.write_text(content)
            with pytest.raises(ValueError, match=text) as error:
                program.read_result(tmp_path)
            assert str(file) in str(error.value)


@pytest.mark.parametrize(
    "result, text",
    [
        ({}, r'must be {"accuracy": NUMBER}. Received: {}'),
        ({"accuracy": "0.8"}, r'Received: {"accuracy": "0.8"}'),
        ({"accuracy": float("nan")}, "NUMBER"),
        ({"accuracy": True}, "NUMBER"),
        ({"accuracy": 81.0}, "from 0 to 1, not in percent. Received: 81.0"),
        ({"accuracy": -0.1}, "from 0 to 1"),
    ],
)
def test_script_with_a_wrong_result_is_refused(result, text):
    with pytest.raises(ValueError, match=text):
        Script(["x"]).read_score(KNOWN["long"], result)


def test_script_score_is_its_accuracy():
    (_, swa) = choose_candidates(["swa"], KNOWN)
    assert Script(["x"]).read_score(swa, {"accuracy": 1}) == 1.0


def test_flag_words_and_command():
    assert flag_words({"a": 1e-4, "b": True, "c": False, "d": "x y"}) == [
        *("--a=0.0001", "--b", "--noc", "--d=x y"),
    ]
    assert format_command([sys.executable, "-m", "x", "--d=x y"]) == (
        "python -m x '--d=x y'"
    )


def test_delete_large_files_keeps_what_the_report_reads(tmp_path):
    for name in ("summary.json", "metrics.jsonl", "model.keras", "a.txt"):
        (tmp_path / name).write_text(json.dumps({}))
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "1").touch()
    (tmp_path / "link").symlink_to(tmp_path / "checkpoints")
    delete_large_files(tmp_path)
    files = {path.name for path in tmp_path.iterdir()}
    assert files == {"summary.json", "metrics.jsonl"}
