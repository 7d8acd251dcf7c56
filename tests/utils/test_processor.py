"""The name of the processor."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from seal_tf.utils import processor

INFO = (
    "model name : Fast CPU\nvendor_id : Maker\ncpu family : 25\nmodel : 1\n"
    "flags : sse {}\nempty\n\nmodel name : second core\n"
)


@pytest.mark.parametrize(
    ("flags", "name"),
    [
        ("amx_bf16 avx2 avx512f", "Fast CPU avx512f amx_bf16"),
        ("avx2", "Fast CPU avx2"),
        ("", "Fast CPU"),
    ],
)
def test_processor_name_lists_instruction_sets(
    monkeypatch: pytest.MonkeyPatch, flags: str, name: str
) -> None:
    monkeypatch.setattr(Path, "read_text", lambda self: INFO.format(flags))
    assert processor.processor_name() == name
    assert processor.processor_model() == "Maker 25 1"


def test_processor_name_without_cpuinfo_is_that_of_platform(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def raise_error(self: Path) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", raise_error)
    assert processor.processor_name()
    assert processor.processor_model() == ""


def test_usable_cores_are_those_of_the_process(monkeypatch):
    if hasattr(os, "sched_getaffinity"):
        monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {3, 5})
        assert processor.usable_cores() == 2
        monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert processor.usable_cores() == 1
