import tomllib
from pathlib import Path

import seal_tf
from seal_tf.__main__ import COMMANDS, main


def test_main_lists_every_command_with_its_first_line(capsys):
    assert main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    for name in COMMANDS:
        (line,) = [x for x in lines if f"seal_tf.{name} " in x]
        assert line.endswith(".") and len(line) <= 80
    scripts = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    modules = {
        target.split(":")[0].removeprefix("seal_tf.")
        for target in scripts["scripts"].values()
    }
    assert modules == set(COMMANDS)


def test_main_version_and_unknown_word(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"seal_tf {seal_tf.__version__}\n"
    assert main(["train"]) == 2
    assert "python -m seal_tf.train --help" in capsys.readouterr().err
    assert main(["--nope"]) == 2
