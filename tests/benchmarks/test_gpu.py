"""Tests of the benchmark on a GPU."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from benchmarks import gpu


def test_main_without_a_gpu_prints_so_and_exits_0() -> None:
    process = subprocess.run(
        [sys.executable, "-m", "benchmarks.gpu"],
        capture_output=True,
        text=True,
        env={"CUDA_VISIBLE_DEVICES": "-1", "PATH": ""},
    )
    assert process.returncode == 0, process.stderr
    assert (
        process.stdout.strip() == "no GPU on this machine: nothing to measure"
    )


@pytest.mark.slow
def test_main_on_a_cpu_prints_all_rows(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = "gpu --cpu --arch=small --batches=4 --rounds=6"
    monkeypatch.setattr(sys, "argv", command.split())
    assert gpu.main() == 0
    output = capsys.readouterr().out
    for precision in gpu.PRECISIONS:
        for kind in ("XLA off", "XLA on", "augmented on the device"):
            assert re.search(rf"{precision}.*{kind}.* images/s", output)
    assert "the published run" in output


def test_peak_fraction_reads_the_peak_by_the_name_of_the_card() -> None:
    text = gpu.peak_fraction("small", "NVIDIA H100 80GB HBM3", "TF32", 1e6)
    assert re.fullmatch(r"\d+\.\d% of its peak", text)
    for card in ("Some card", "NVIDIA L40", "NVIDIA H100 PCIe"):
        assert gpu.peak_fraction("small", card, "TF32", 1) == "unknown peak"
