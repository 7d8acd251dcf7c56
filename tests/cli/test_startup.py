import os

import pytest

from seal_tf.cli.startup import suppress_startup_logs


def test_suppress_startup_logs_success_hides_standard_error(capfd):
    with suppress_startup_logs():
        os.write(2, b"greeting")
    assert capfd.readouterr().err == ""


def test_suppress_startup_logs_failure_shows_standard_error(capfd):
    with pytest.raises(OSError), suppress_startup_logs():
        os.write(2, b"the cause")
        raise OSError
    assert capfd.readouterr().err == "the cause"
