"""Tests of the command that runs a study."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from studies import run
from studies.study import load_study
from tests.studies.samples import run_result


def _arguments(folder: Path, *flags: str) -> list[str]:
    return [
        "tiny",
        f"--out={folder / 'out'}",
        f"--results={folder / 'results'}",
        f"--data={folder}",
        "--jobs=1",
        *flags,
    ]


@pytest.mark.slow
def test_main_runs_a_study_once_and_repeats_a_run(
    tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run.main(_arguments(tiny)) == 0
    folder = tiny / "results" / "tiny"
    text = (folder / "README.md").read_text()
    assert "2 of 2 runs finished" in text
    assert "SEAL, searched S, ensemble" in text
    assert (folder / "digits.png").stat().st_size > 5_000
    assert (folder / "digits_retention.png").stat().st_size > 5_000
    result = json.loads(
        (folder / "json" / "digits" / "auto-seed0.json").read_text()
    )
    assert "python -m seal_tf.train" in result["command"]
    assert result["result"]["scale_measurements"]
    capsys.readouterr()
    # No run starts twice; the cost is that of no run.
    assert run.main(_arguments(tiny)) == 0
    assert "started" not in capsys.readouterr().out
    assert run.main(_arguments(tiny, "--dry_run")) == 0
    assert "0 of 2 runs missing" in capsys.readouterr().out
    assert run.main(_arguments(tiny, "--repeat=digits/auto-seed0")) == 0
    assert "identical results" in capsys.readouterr().out


@pytest.mark.slow
def test_main_with_a_failed_run_names_it_and_runs_the_others(
    tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # This folder is not a work directory.
    (tiny / "out" / "tiny" / "digits" / "long-seed0").mkdir(parents=True)
    (tiny / "out" / "tiny" / "digits" / "long-seed0" / "x").touch()
    assert run.main(_arguments(tiny)) == 1
    output = capsys.readouterr().out
    assert "failed: digits/long-seed0" in output
    assert "digits/auto-seed0: validation accuracy" in output


def test_main_with_saved_results_runs_nothing(
    tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A clone has results and no work directories."""
    folder = tiny / "results" / "tiny" / "json" / "digits"
    folder.mkdir(parents=True)
    for planned in load_study("tiny").runs:
        flags = {**planned.flags, "data_dir": "/x"}
        result = run_result(0.5, 0, flags=flags)
        file = folder / f"{planned.method}-seed0.json"
        file.write_text(json.dumps(result))
    before = (folder / "auto-seed0.json").read_bytes()
    assert run.main(_arguments(tiny)) == 0
    assert "started" not in capsys.readouterr().out
    assert (folder / "auto-seed0.json").read_bytes() == before
    assert run.main(_arguments(tiny, "--dry_run")) == 0
    assert "0 of 2 runs missing" in capsys.readouterr().out


def test_main_dry_run_lists_missing_runs(
    tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run.main(_arguments(tiny, "--dry_run", "--only=long")) == 0
    assert capsys.readouterr().out.splitlines() == [
        "digits/long-seed0: 4 passes over 40 images",
        "tiny: 1 of 1 runs missing; 0.0 hours with --jobs=1, and 1 runs of "
        "unknown cost",
    ]


def test_main_with_a_result_of_other_flags_exits(
    tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tiny / "results" / "tiny" / "json" / "digits"
    folder.mkdir(parents=True)
    result = run_result(0.5, 0, flags={"method": "normal", "generations": 7})
    (folder / "long-seed0.json").write_text(json.dumps(result))
    for flags in ((), ("--dry_run",), ("--repeat=digits/long-seed0",)):
        with pytest.raises(SystemExit):
            run.main(_arguments(tiny, *flags))
        error = capsys.readouterr().err
        assert "--generations=7 in the result, 1 in the study" in error
        assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["method", "--dry_run"], "such as methods. Received: study=method"),
        (["--dry_run"], "must be the name of one study: "),
        (["methods"], "Received: --data=None"),
        (["methods", "--data=.", "--repeat=x"], "--repeat must be the name"),
        (
            ["scale", "--dry_run", "--only=nonsense"],
            "of scale, such as tiny20x50/restarts-seed0. Received: "
            "--only=nonsense",
        ),
    ],
)
def test_main_with_bad_input_exits_with_one_line(
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    with pytest.raises(SystemExit) as error:
        run.main([*arguments, f"--results={tmp_path}"])
    assert error.value.code == 2
    line = capsys.readouterr().err
    assert message in line
    assert line.count("\n") == 1


@pytest.mark.slow
def test_main_after_sigterm_resumes_the_runs(tiny: Path) -> None:
    """SIGTERM reaches the runs; the same command then draws the page."""
    command = [
        sys.executable,
        "-c",
        "import sys; from pathlib import Path; from studies import run, study;"
        f"study.STUDY_DIR = Path({str(tiny / 'studies')!r});"
        "sys.exit(run.main(sys.argv[1:]))",
        *_arguments(tiny),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("started: digits/long-seed0")
    metrics = tiny / "out" / "tiny" / "digits" / "long-seed0" / "metrics.jsonl"
    for _ in range(600):
        if metrics.exists() and metrics.read_text():
            break
        time.sleep(0.1)
    process.terminate()
    assert process.wait(120) == 130
    assert run.main(_arguments(tiny)) == 0
    log = metrics.parent.with_name("long-seed0.log").read_text()
    assert "resum" in log
