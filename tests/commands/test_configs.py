"""Flag files that come along, and the commands that the wheel brings."""

import tomllib
from importlib import import_module
from pathlib import Path

import pytest

import seal_tf
from seal_tf.cli import configs, train_flags
from seal_tf.cli.flags import parse


@pytest.mark.parametrize(
    "words",
    [["--flagfile=seal:demo"], ["--flagfile", "seal:demo.flags"]],
)
def test_a_flag_file_that_comes_along(words, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    flags = parse(train_flags.define, "", [*words, "--generations=7"])
    assert flags.dataset == "digits"
    assert flags.generations == 7


def test_every_config_of_the_clone_comes_along():
    here = sorted(path.stem for path in Path("configs").glob("*.flags"))
    assert configs.names() == here


def test_an_unknown_one_is_said_with_those_there_are(capsys):
    with pytest.raises(SystemExit) as stopped:
        parse(train_flags.define, "", ["--flagfile=seal:nothing"])
    assert stopped.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("seal_tf: --flagfile=seal:nothing: seal_tf brings")
    assert "demo" in said and said.count("\n") == 1


def test_each_command_of_the_wheel_is_there():
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    assert {"seal-train", "seal-probe", "seal-report", "seal-prepare-data"} <= (
        project["scripts"].keys()
    )
    for target in project["scripts"].values():
        module, name = target.split(":")
        with pytest.raises(SystemExit) as stopped:
            getattr(import_module(module), name)(["--help"])
        assert stopped.value.code == 0


def test_version(capsys):
    with pytest.raises(SystemExit) as stopped:
        parse(train_flags.define, "", ["--version"])
    assert stopped.value.code == 0
    assert capsys.readouterr().out == f"seal_tf {seal_tf.__version__}\n"
