"""Tests of the shared arguments, and of `--help` of every benchmark."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from benchmarks.arguments import create_parser

#: Modules with a command that has arguments.
COMMANDS = sorted(
    path.stem
    for path in Path("benchmarks").glob("*.py")
    if "create_parser(__doc__" in path.read_text()
)


def test_create_parser_has_rounds_only_with_a_default() -> None:
    assert create_parser("x", rounds=7).parse_args([]).rounds == 7
    assert create_parser("x", 7).parse_args(["--rounds=6"]).rounds == 6
    with pytest.raises(SystemExit):
        create_parser("x").parse_args(["--rounds=6"])


def test_create_parser_rejects_rounds_without_an_interval(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        create_parser("x", 7).parse_args(["--rounds=5"])
    assert "must be 6 or more. Received: 5" in capsys.readouterr().err


@pytest.mark.parametrize("name", COMMANDS)
def test_main_help_of_every_benchmark_exits_0(
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    module = importlib.import_module(f"benchmarks.{name}")
    monkeypatch.setattr(sys, "argv", [name, "--help"])
    with pytest.raises(SystemExit) as error:
        module.main()
    assert error.value.code == 0
    assert f"python -m benchmarks.{name}" in capsys.readouterr().out
