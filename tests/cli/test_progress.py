import pytest

from seal_tf.cli.progress import display_mode, progress_function


def test_progress_function_lines_prints_once_at_the_end(capsys):
    progress = progress_function("reading", "lines")
    progress(1, 2)
    assert capsys.readouterr().out == ""
    progress(2, 2)
    assert capsys.readouterr().out.startswith("reading: 0.")


def test_progress_function_lines_prints_a_line_every_30_seconds(
    capsys, monkeypatch
):
    seconds = iter([0.0, 20.0, 31.0, 40.0, 62.0])
    monkeypatch.setattr("time.monotonic", lambda: next(seconds))
    progress = progress_function("fitting", "lines")
    for completed in (1, 2, 3):
        progress(completed, 4)
    assert capsys.readouterr().out == "fitting: 50%, 31 s\n"
    progress(4, 4)
    assert capsys.readouterr().out == "fitting: 62.0 s\n"


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
