"""Tests of the comparison with PyTorch."""

from __future__ import annotations

import pytest

from benchmarks import against_torch


def test_steps_name_a_library_and_a_precision() -> None:
    libraries = {library for library, _ in against_torch.STEPS.values()}
    assert libraries == {"torch", "keras", "seal_tf"}


@pytest.mark.slow
def test_step_of_seal_tf_runs() -> None:
    against_torch._step("seal_tf", "mixed_bfloat16")()
