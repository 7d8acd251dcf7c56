import os

import pytest

from seal_tf.cli import startup
from seal_tf.cli.startup import check_backend, suppress_startup_logs


def test_suppress_startup_logs_success_hides_standard_error(capfd):
    with suppress_startup_logs():
        os.write(2, b"greeting")
    assert capfd.readouterr().err == ""


def test_suppress_startup_logs_failure_shows_standard_error(capfd):
    with pytest.raises(OSError), suppress_startup_logs():
        os.write(2, b"the cause")
        raise OSError
    assert capfd.readouterr().err == "the cause"


def test_check_backend_of_this_process_passes(monkeypatch):
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    check_backend("tensorflow")


@pytest.mark.parametrize(
    ("variable", "name", "message"),
    [
        ("", "theano", "one of tensorflow, jax, torch.*backend=theano"),
        ("torch", "jax", "KERAS_BACKEND, which is torch.*backend=jax"),
        ("", "jax", "Keras already uses tensorflow.*backend=jax"),
    ],
)
def test_check_backend_that_cannot_be_used_raises(
    monkeypatch, variable, name, message
):
    import keras  # noqa: F401  it is part of the case

    monkeypatch.setenv("KERAS_BACKEND", variable)
    with pytest.raises(ValueError, match=message):
        check_backend(name)


def test_check_backend_that_is_not_installed_names_the_extra(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    monkeypatch.delitem(startup.sys.modules, "keras", raising=False)
    monkeypatch.setattr(startup.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"pip install 'seal_tf\[torch\]'"):
        check_backend("torch")
