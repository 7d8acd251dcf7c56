import os
import signal
import warnings

import pytest
import tensorflow as tf

from seal_tf.cli import errors


def test_with_flag_names_replaces_arguments_and_received_values():
    message = (
        "Argument `t0` must be below `other`. Received: t0=3, other=1, x=2"
    )
    assert errors.with_flag_names(
        message, {"t0": "freezeout_t0", "other": "other"}
    ) == (
        "--freezeout_t0 must be below --other. "
        "Received: --freezeout_t0=3, --other=1, x=2"
    )


def test_with_flag_names_keeps_value_in_backticks():
    message = errors.with_flag_names("`data_dir=x` is bad", {"data_dir": "d"})
    assert message == "--d=x is bad"


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (ValueError("Argument `a` is\nbad"), 2, "seal_tf: --a is bad"),
        (FileNotFoundError(2, "No such file", "x"), 2, "x: No such file"),
        (KeyboardInterrupt(), 130, "seal_tf: stopped"),
        (
            tf.errors.InvalidArgumentError(
                None, None, "{{function_node f}} broken [Op:Conv]"
            ),
            2,
            "seal_tf: broken",
        ),
    ],
)
def test_one_line_errors_user_error_ends_in_one_line(error, code, line, capsys):
    with pytest.raises(SystemExit) as exit_, errors.one_line_errors({"a": "a"}):
        raise error
    assert exit_.value.code == code
    output = capsys.readouterr().err
    assert line in output and output.count("\n") == 1


def test_one_line_errors_fault_keeps_its_traceback():
    with pytest.raises(KeyError), errors.one_line_errors():
        raise KeyError("a fault")


def test_one_line_warnings_runtime_warning_is_one_line(capsys):
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        with errors.one_line_warnings():
            warnings.warn("disk is full", RuntimeWarning, stacklevel=1)
    assert capsys.readouterr().err == "seal_tf: warning: disk is full\n"


def test_exit_on_sigterm_exits_143():
    with pytest.raises(SystemExit) as exit_, errors.exit_on_sigterm():
        os.kill(os.getpid(), signal.SIGTERM)
    assert exit_.value.code == 143
