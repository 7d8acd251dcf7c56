"""Tests of the profile command; tests/cli/train/test_fit.py reads a profile."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks import profile


def test_main_without_a_profile_exits_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["profile", str(tmp_path)])
    assert profile.main() == 2
    assert "--profile_steps" in capsys.readouterr().out
