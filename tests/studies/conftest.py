"""Fixtures for the tests of the studies."""

from __future__ import annotations

from pathlib import Path

import pytest

from studies import study
from tests.studies.samples import TINY_STUDY


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the study `tiny`, which replaces all other studies."""
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "tiny.toml").write_text(TINY_STUDY)
    monkeypatch.setattr(study, "STUDY_DIR", tmp_path / "studies")
    return tmp_path


@pytest.fixture(autouse=True)
def _fresh_keras() -> None:
    """Skip the reset of Keras: these tests create no model."""
