"""Tests of the benchmark of startup and shutdown."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import startup

DIGITS = ("--epochs_per_generation=1", "--generations=1", "--progress=none")


@pytest.mark.slow
def test_train_first_step_ends_the_process(tmp_path: Path) -> None:
    startup._train(str(tmp_path), startup.FIRST_STEP, *DIGITS)
    (workdir,) = tmp_path.iterdir()
    assert not (workdir / "summary.json").exists()


@pytest.mark.slow
def test_train_prints_the_end_of_the_last_epoch_and_traces(
    tmp_path: Path,
) -> None:
    output = startup._train(str(tmp_path), startup.LAST_EPOCH, *DIGITS)
    assert float(output.split("fit ended ")[1].split()[0]) > 0
    output = startup._train(str(tmp_path), startup.TRACES, *DIGITS)
    assert int(output.split("traces ")[1].split()[0]) in (1, 2)
