"""Run a training command in a process of its own, and follow its metrics."""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import functools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from seal_tf.utils.files import read_json_lines

#: Seconds between two reads of the metrics.
POLL = 0.2
#: Seconds from SIGTERM until a process is killed.
PATIENCE = 60.0
#: PR_SET_PDEATHSIG of Linux, and the library that has it. It is loaded here
#: because a new process must not load anything before it starts the command.
_PARENT_DEATH_SIGNAL = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class TrainingFailedError(Exception):
    """A training command has failed; the message is its last line."""


class TrainingStoppedError(Exception):
    """Another thread has stopped a training command."""


@dataclasses.dataclass(frozen=True)
class TrainingCommand:
    """A training command.

    Args:
        arguments: The program and its arguments.
        workdir: Folder in which it writes `metrics.jsonl`, one JSON object
            with "epoch" for each epoch.
        log: File to which its output is appended.
        environment: Environment variables to set. Defaults to none.
        keep_open: Descriptors of files that the command inherits, such as a
            lock that it holds as long as one of its processes lives. Defaults
            to none.
    """

    arguments: Sequence[str]
    workdir: Path
    log: Path
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    keep_open: Sequence[int] = ()


def run_training(
    command: TrainingCommand,
    on_epoch: Callable[[dict[str, object]], object] | None = None,
    stop: threading.Event | None = None,
) -> None:
    """Run a training command until it ends.

    If this process dies, the system kills the command (on Linux), so that
    another worker can resume its work directory. An exception of `on_epoch`,
    and Ctrl-C, stop the command: it gets SIGTERM, saves its checkpoint, and
    ends.

    Args:
        command: The command.
        on_epoch: Called with each line of `metrics.jsonl`, also with those of
            an earlier, interrupted run of the command. Defaults to None.
        stop: Stops the command, too, when another thread sets it. Defaults
            to None.

    Raises:
        TrainingFailedError: The command has failed.
        TrainingStoppedError: `stop` was set before the command had ended.
    """
    command.log.parent.mkdir(parents=True, exist_ok=True)
    with command.log.open("ab") as output:
        process = subprocess.Popen(
            list(command.arguments),
            env={**os.environ, **command.environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            # Ctrl-C reaches this process only, which stops the command.
            start_new_session=True,
            pass_fds=command.keep_open,
            preexec_fn=functools.partial(_die_with_parent, os.getpid()),
        )
        try:
            _follow(process, command.workdir / "metrics.jsonl", on_epoch, stop)
        except BaseException:
            _stop(process)
            raise
    if process.returncode < 0:
        name = signal.Signals(-process.returncode).name
        raise TrainingFailedError(f"the command was ended by {name}")
    if process.returncode:
        raise TrainingFailedError(last_line(command.log))


def _follow(
    process: subprocess.Popen[bytes],
    metrics: Path,
    on_epoch: Callable[[dict[str, object]], object] | None,
    stop: threading.Event | None,
) -> None:
    seen, size = 0, -1
    while True:
        ended = process.poll() is not None
        new_size = metrics.stat().st_size if metrics.exists() else 0
        if on_epoch is not None and new_size != size:
            rows = read_json_lines(metrics)
            for row in rows[seen:]:
                on_epoch(row)
            # A resumed command writes the last epochs anew.
            seen, size = max(seen, len(rows)), new_size
        if ended:
            return
        if stop is not None and stop.is_set():
            raise TrainingStoppedError
        time.sleep(POLL)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Stop the command and the processes that it has started."""
    _signal_group(process, signal.SIGTERM)
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        pass
    finally:
        # Also after a second Ctrl-C.
        _signal_group(process, signal.SIGKILL)
        process.wait()


def _signal_group(
    process: subprocess.Popen[bytes], number: signal.Signals
) -> None:
    # The command leads a group of its own.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def last_line(log: Path) -> str:
    """Return the last line of a log, without the name of the program.

    Args:
        log: The file.
    """
    lines = log.read_text(errors="replace").strip().splitlines()
    text = lines[-1].strip() if lines else "no output"
    return text.removeprefix("seal_tf: ")


def _die_with_parent(parent: int) -> None:
    """Let the system kill this process when its parent dies."""
    if _LIBC is not None:
        _LIBC.prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)  # The parent has died before.
