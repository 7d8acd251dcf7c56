"""Measure the time of a run of the baseline on this machine."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seal_tf.study.budget import RunTime
from seal_tf.study.program import Program
from seal_tf.study.training_process import TrainingCommand, run_training
from seal_tf.utils.files import read_json_lines

#: Epochs of the run that is timed, and at most.
EPOCHS, MAX_EPOCHS = 3, 192
#: Without the seconds of each epoch, the epochs of the run must take this
#: fraction of the startup: less is noise.
_SHARE = 0.5
#: Shortest epoch, in seconds: the clock is not better than this.
_SHORTEST = 1e-3


def measure_run_time(
    program: Program, flags: Mapping[str, Any], folder: Path
) -> RunTime:
    """Train for a few epochs twice, and time the second run.

    The first run fills caches: decoded images, compiled kernels. If the
    program is a script, the difference of two runs is the time of
    their epochs; the second run is repeated with more epochs until they can
    be distinguished from the startup.

    Args:
        program: The program.
        flags: Flags of the baseline.
        folder: Where the runs write. Its content is not needed later.

    Returns:
        The time of a run.

    Raises:
        TrainingFailedError: The program fails.
    """
    first = _train(program, flags, folder, 1)
    epochs = EPOCHS
    while True:
        total = _train(program, flags, folder, epochs)
        rows = read_json_lines(folder / f"epochs{epochs}" / "metrics.jsonl")
        # In the file of a script, the key may mean something else.
        seconds = [
            row["seconds"]
            for row in rows
            if program.writes_summaries and "seconds" in row
        ]
        if len(seconds) == epochs:
            # The first epoch compiles.
            epoch = statistics.fmean(seconds[1:])
            break
        epoch = (total - first) / (epochs - 1)
        if total - first >= _SHARE * first or epochs >= MAX_EPOCHS:
            break
        epochs *= 4
    epoch = max(epoch, _SHORTEST)
    return RunTime(startup=max(0.0, total - epochs * epoch), epoch=epoch)


def passes_as_time() -> RunTime:
    """Return the time of a run where passes are counted, not seconds."""
    return RunTime(startup=0.0, epoch=1.0, is_passes=True)


def _train(
    program: Program, flags: Mapping[str, Any], folder: Path, epochs: int
) -> float:
    """Train for a number of epochs, and return the seconds."""
    workdir = folder / f"epochs{epochs}"
    words = program.build_short_command(flags, epochs, workdir)
    log = workdir.with_name(f"{workdir.name}.log")
    started = time.monotonic()
    run_training(TrainingCommand(words, workdir, log))
    return time.monotonic() - started


def describe_time(run_time: RunTime) -> str:
    """Describe a measured time in one line.

    Args:
        run_time: The time.
    """
    return (
        f"measured: {run_time.epoch:.3g} s for an epoch, and "
        f"{run_time.startup:.3g} s before and after the epochs of a run"
    )
