import time

import pytest

from seal_tf.cli import progress as progress_module
from seal_tf.cli.progress import (
    display_mode,
    progress_function,
    show_activity,
)


def test_progress_function_lines_prints_once_at_the_end(capsys):
    progress = progress_function("reading", "lines")
    progress(1, 2)
    assert capsys.readouterr().out == ""
    progress(2, 2)
    assert capsys.readouterr().out.startswith("reading: 0.")


def test_progress_lines_come_while_one_unit_takes_long(capsys, monkeypatch):
    monkeypatch.setattr(progress_module, "SECONDS_BETWEEN_LINES", 0.02)
    progress = progress_function("fitting", "lines")
    progress(1, 4)
    time.sleep(0.2)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) >= 2 and set(lines) == {"fitting: 25%, 0 s"}
    progress(4, 4)
    assert capsys.readouterr().out.splitlines()[-1].startswith("fitting: 0.")
    time.sleep(0.1)
    assert capsys.readouterr().out == ""


def test_progress_lines_end_with_the_object(capsys, monkeypatch):
    monkeypatch.setattr(progress_module, "SECONDS_BETWEEN_LINES", 0.02)
    progress = progress_function("fitting", "lines")
    del progress
    time.sleep(0.05)
    capsys.readouterr()
    time.sleep(0.1)
    assert capsys.readouterr().out == ""


def test_show_activity_prints_title_and_lines_until_the_end(
    capsys, monkeypatch
):
    monkeypatch.setattr(progress_module, "SECONDS_BETWEEN_LINES", 0.02)
    with show_activity("exporting"):
        assert capsys.readouterr().out == "exporting\n"
        time.sleep(0.1)
        assert capsys.readouterr().out.startswith("exporting: 0 s\n")
    capsys.readouterr()
    time.sleep(0.1)
    assert capsys.readouterr().out == ""


def test_progress_function_none_prints_nothing(capsys):
    progress_function("reading", "none")(2, 2)
    assert capsys.readouterr().out == ""


def test_progress_function_bar_draws_title_and_bar(capsys):
    progress_function("reading", "bar")(2, 2)
    output = capsys.readouterr().out
    assert output.startswith("reading") and "2/2" in output


@pytest.mark.parametrize(
    ("terminal", "mode"), [(True, "bar"), (False, "lines")]
)
def test_display_mode_auto_depends_on_terminal(terminal, mode, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal)
    assert display_mode("auto") == mode
    assert display_mode("none") == "none"
