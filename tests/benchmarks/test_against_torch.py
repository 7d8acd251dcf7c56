"""Tests of the comparison with PyTorch."""

from __future__ import annotations

import pytest

from benchmarks import against_torch


def test_steps_name_a_library_and_a_precision() -> None:
    libraries = {library for library, _ in against_torch.STEPS.values()}
    assert libraries == {
        "torch_channels_last",
        "torch_channels_first",
        "keras",
        "seal_tf",
    }


@pytest.mark.parametrize("faster", list(against_torch.STEPS)[:2])
def test_compare_takes_the_faster_layout_of_pytorch(faster: str) -> None:
    first, last = list(against_torch.STEPS)[:2]
    seconds = {first: 2.0, last: 2.0, "Keras": 3.0, "seal_tf": 1.5, faster: 1.0}
    ratios = {
        "seal_tf": seconds["seal_tf"] / seconds[first],
        f"seal_tf / {last}": seconds["seal_tf"] / seconds[last],
        "seal_tf / Keras": 0.5,
    }
    ratio = {n: {"median": r, "interval": [r, r]} for n, r in ratios.items()}
    times = {"median_seconds": seconds, "ratio": ratio}
    floor = {"products": 0.1, "copies": 0.2}
    to_torch, to_keras = against_torch._compare("step", times, floor)
    assert (to_torch["baseline"], to_torch["value"]) == (faster, 1.5)
    assert (to_keras["baseline"], to_keras["value"]) == ("Keras", 0.5)
    assert to_torch["floor"] == {"seconds": 1.5, **floor}


@pytest.mark.slow
def test_step_of_seal_tf_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    from seal_tf.fast_ops import selection

    monkeypatch.setattr(selection, "MAX_SECONDS", 0.0)
    against_torch._step("seal_tf", "mixed_bfloat16", "small", 32, 8)()
