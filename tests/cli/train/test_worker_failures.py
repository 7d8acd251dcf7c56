import pytest
import tensorflow as tf

from seal_tf.cli.train.worker_failures import translate_worker_failures


def test_translate_worker_failures_lost_worker_ends_in_one_line(capsys):
    with pytest.raises(SystemExit) as exit_, translate_worker_failures():
        raise tf.errors.UnavailableError(
            None, None, "node\nCollective ops is aborted by: heartbeat"
        )
    assert exit_.value.code == 2
    error = capsys.readouterr().err
    assert "another machine has stopped" in error and error.count("\n") == 1


def test_translate_worker_failures_other_error_is_unchanged():
    with (
        pytest.raises(tf.errors.InvalidArgumentError),
        translate_worker_failures(),
    ):
        raise tf.errors.InvalidArgumentError(None, None, "bad shape")


def test_translate_worker_failures_finds_the_first_error_of_jax(capsys):
    """Keras' cleanup after the first error may fail, too."""
    with pytest.raises(SystemExit) as exit_, translate_worker_failures():
        try:
            raise ValueError("UNKNOWN: Gloo all-reduce failed: closed by peer")
        finally:
            raise AttributeError("no value")
    assert exit_.value.code == 2
    assert "closed by peer" in capsys.readouterr().err
