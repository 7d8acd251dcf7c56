"""Training commands as processes: followed, stopped, and never orphaned."""

import concurrent.futures
import os
import shlex
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from seal_tf.study import training_process
from seal_tf.study.file_lock import FileLock
from seal_tf.study.training_process import (
    TrainingCommand,
    TrainingFailedError,
    TrainingStoppedError,
    last_line,
    run_training,
)

#: Writes an epoch, and waits for SIGTERM, on which it writes "stopped".
WAITING = """
import pathlib, signal, sys, time
folder = pathlib.Path(sys.argv[1])
def stop(*_):
    (folder / "stopped").touch()
    sys.exit(143)
signal.signal(signal.SIGTERM, stop)
(folder / "pid").write_text(str(__import__("os").getpid()))
with open(folder / "metrics.jsonl", "a") as file:
    file.write('{"epoch": 0}\\n')
time.sleep(60)
"""


def command(tmp_path, code):
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(code))
    words = [sys.executable, str(script), str(tmp_path)]
    return TrainingCommand(words, tmp_path, tmp_path / "logs" / "run.log")


def is_alive(pid):
    """Return whether a process runs. A zombie does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    if not status.exists():
        return sys.platform != "linux"
    return status.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def wait_until(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture(autouse=True)
def _quick_poll(monkeypatch):
    monkeypatch.setattr(training_process, "POLL", 0.02)


def test_run_training_reports_each_epoch_once(tmp_path):
    code = """
    import os, sys, time
    with open(sys.argv[1] + "/metrics.jsonl", "a") as file:
        for epoch in range(3):
            file.write('{"epoch": %d, "x": "%s"}' % (epoch, os.environ["X"]))
            file.flush()
            time.sleep(0.05)
            file.write("\\n")
            file.flush()
    print("a line")
    """
    rows = []
    first = command(tmp_path, code)
    run_training(
        TrainingCommand(first.arguments, tmp_path, first.log, {"X": "y"}),
        rows.append,
    )
    assert rows == [{"epoch": e, "x": "y"} for e in range(3)]
    assert first.log.read_text() == "a line\n"
    # Without a function, the metrics are not read.
    (tmp_path / "metrics.jsonl").write_text("{broken")
    run_training(command(tmp_path, "print('again')"))
    assert first.log.read_text() == "a line\nagain\n"


@pytest.mark.parametrize(
    "code, text",
    [
        ("print('x'); raise SystemExit('seal_tf: no such file')", "no such f"),
        ("raise SystemExit(3)", "no output"),
        (
            "import os, signal; print('epoch 3'); os.kill(os.getpid(), 9)",
            "the command was ended by SIGKILL",
        ),
    ],
)
def test_run_training_that_fails_has_its_last_line(tmp_path, code, text):
    with pytest.raises(TrainingFailedError, match=f"^{text}"):
        run_training(command(tmp_path, code))


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_run_training_stops_the_command_with_sigterm(tmp_path, error):
    def stop(row):
        raise error

    with pytest.raises(error):
        run_training(command(tmp_path, WAITING), stop)
    assert (tmp_path / "stopped").exists()
    assert not is_alive(int((tmp_path / "pid").read_text()))


def test_run_training_in_a_thread_is_stopped_by_an_event(tmp_path):
    stop = threading.Event()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        future = pool.submit(
            run_training, command(tmp_path, WAITING), stop=stop
        )
        wait_until((tmp_path / "metrics.jsonl").exists)
        stop.set()
        with pytest.raises(TrainingStoppedError):
            future.result(timeout=10)
    assert (tmp_path / "stopped").exists()


def test_run_training_stops_the_children_of_a_shell(tmp_path):
    script = command(tmp_path, WAITING)
    shell = f"{sys.executable} {script.arguments[1]} {tmp_path}; true"
    with pytest.raises(KeyboardInterrupt):
        run_training(
            TrainingCommand(["sh", "-c", shell], tmp_path, script.log),
            lambda row: (_ for _ in ()).throw(KeyboardInterrupt),
        )
    pid = int((tmp_path / "pid").read_text())
    wait_until(lambda: not is_alive(pid))


def test_run_training_kills_a_command_that_does_not_stop(tmp_path, monkeypatch):
    monkeypatch.setattr(training_process, "PATIENCE", 0.2)
    code = WAITING.replace("sys.exit(143)", "time.sleep(60)")

    def stop(row):
        raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run_training(command(tmp_path, code), stop)
    assert time.monotonic() - started < 20
    assert not is_alive(int((tmp_path / "pid").read_text()))


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux kills the child of a process"
)
def test_command_dies_with_its_parent(tmp_path):
    script = command(tmp_path, WAITING)
    parent = f"""
    from pathlib import Path
    from seal_tf.study.training_process import TrainingCommand, run_training
    folder = Path({str(tmp_path)!r})
    arguments = {list(script.arguments)!r}
    run_training(TrainingCommand(arguments, folder, folder / "log"))
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(parent)])
    try:
        wait_until((tmp_path / "metrics.jsonl").exists, 30)
        pid = int((tmp_path / "pid").read_text())
        assert is_alive(pid)
        process.send_signal(signal.SIGKILL)
        process.wait()
        wait_until(lambda: not is_alive(pid))
    finally:
        process.kill()
    # It was killed, and wrote nothing more.
    assert not (tmp_path / "stopped").exists()


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux kills the child of a process"
)
def test_lock_is_held_while_a_grandchild_of_a_killed_worker_lives(tmp_path):
    """A shell dies with its worker, and what it has started does not."""
    script = command(tmp_path, WAITING)
    parent = f"""
    from pathlib import Path
    from seal_tf.study.file_lock import FileLock
    from seal_tf.study.training_process import TrainingCommand, run_training
    folder = Path({str(tmp_path)!r})
    words = ["sh", "-c", {shlex.join(script.arguments) + "; true"!r}]
    with FileLock(folder / "run.lock") as lock:
        run_training(
            TrainingCommand(
                words, folder, folder / "log", keep_open=[lock.fileno()]
            )
        )
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(parent)])
    try:
        wait_until((tmp_path / "metrics.jsonl").exists, 30)
        pid = int((tmp_path / "pid").read_text())
        process.send_signal(signal.SIGKILL)
        process.wait()
        lock = FileLock(tmp_path / "run.lock")
        assert is_alive(pid)
        assert not lock.acquire(wait=False)
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: lock.acquire(wait=False))
        lock.release()
    finally:
        process.kill()


def test_last_line_has_no_program_name(tmp_path):
    log = tmp_path / "log"
    log.write_bytes(b"a\n\xff\nseal_tf: wrong flag\n\n")
    assert last_line(log) == "wrong flag"
    log.write_text("")
    assert last_line(log) == "no output"
