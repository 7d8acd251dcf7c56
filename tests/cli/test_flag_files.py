from pathlib import Path

import pytest

from seal_tf.cli import flag_files
from seal_tf.cli.flags import parse
from seal_tf.cli.train.flags import define_train_flags


@pytest.mark.parametrize(
    "words",
    [["--flagfile=seal:demo"], ["--flagfile", "seal:demo.flags"]],
)
def test_resolve_packaged_file_outside_clone_is_read(
    words, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    flags = parse(define_train_flags, "", [*words, "--generations=7"])
    assert flags.dataset == "digits"
    assert flags.generations == 7


def test_names_equal_configs_of_the_clone():
    configs = sorted(path.stem for path in Path("configs").glob("*.flags"))
    assert flag_files.names() == configs


def test_resolve_unknown_file_error_lists_files(capsys):
    with pytest.raises(SystemExit) as exit_:
        parse(define_train_flags, "", ["--flagfile=seal:nothing"])
    assert exit_.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("seal_tf: --flagfile=seal:nothing: ")
    assert "demo" in error and error.count("\n") == 1
