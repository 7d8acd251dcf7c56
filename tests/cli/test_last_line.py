import pytest

from seal_tf.cli.last_line import last_line_only


def test_last_line_only_prints_the_last_line(capsys):
    with last_line_only(True):
        print("first")
        print("second", "part", end="")
        print(" and rest\n")
    assert capsys.readouterr().out == "second part and rest\n"


def test_last_line_only_disabled_prints_all(capsys):
    with last_line_only(False):
        print("first")
        print("second")
    assert capsys.readouterr().out == "first\nsecond\n"


def test_last_line_only_after_an_exception_prints_nothing(capsys):
    with pytest.raises(ValueError), last_line_only(True):
        print("first")
        raise ValueError
    assert capsys.readouterr().out == ""
