"""Tests of the study files and of their runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from seal_tf.cli.flags import parse
from seal_tf.cli.probe.flags import define_flags as define_probe_flags
from seal_tf.cli.train.flags import define_train_flags
from seal_tf.cli.train.schedule import build_schedule
from studies import study


@pytest.mark.parametrize("name", study.study_names())
def test_load_study_of_every_file_gives_commands_that_parse(name: str) -> None:
    """Flags exist, methods fit, and no two runs share a folder."""
    loaded = study.load_study(name)
    folders = [run.name for run in loaded.runs]
    assert len(set(folders)) == len(folders)
    assert set(loaded.baselines) <= loaded.methods.keys()
    for run in loaded.runs:
        module, *arguments = run.command("DIR", "DATA", "OUT")
        if module == "seal_tf.train":
            flags = parse(define_train_flags, "", arguments)
            schedule = build_schedule(flags)
            schedule.check(run.passes)
            assert flags.seed == run.seed
        else:
            flags = parse(define_probe_flags, "", arguments)
            assert flags.out == "DIR"


def test_load_study_method_flags_override_the_other_flags() -> None:
    runs = {run.name: run for run in study.load_study("size").runs}
    assert runs["x100_g8/long-seed0"].passes == 128
    assert runs["x100_g8/long-seed0"].flags["generations"] == 1
    assert runs["x100_g8/llf-seed0"].passes == 128


def test_planned_run_of_a_probe_names_the_network_of_another_study() -> None:
    run = study.load_study("transfer").runs[0]
    arguments = run.command("o/transfer/x", "d", "o")
    assert "--export=o/methods/tiny20x200_32/long-seed0" in arguments
    assert run.result_file == "prediction_depth.json"
    assert run.passes is None


def test_planned_run_command_writes_booleans_and_paths() -> None:
    run = study.PlannedRun(
        "x",
        "y",
        1,
        "seal_tf.train",
        {"flip": False, "nesterov": True, "data_dir": "DATA/a.zip"},
        40,
    )
    assert run.command("w", "/data", "/out") == [
        "seal_tf.train",
        "--noflip",
        "--nesterov",
        "--data_dir=/data/a.zip",
        "--fast_ops=table",
        "--workdir=w",
    ]
    assert run.name == "x/y-seed1"
    assert run.result_file == "summary.json"


def test_load_study_of_an_undefined_method_raises(tiny: Path) -> None:
    file = tiny / "studies" / "tiny.toml"
    file.write_text(file.read_text() + 'methods = ["nonsense"]\n')
    with pytest.raises(ValueError, match=r"\[method.nonsense\] is missing"):
        study.load_study("tiny")
