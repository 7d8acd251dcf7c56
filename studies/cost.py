"""Estimate the cost of runs before they start, from measured rates."""

from __future__ import annotations

import dataclasses
import json
import statistics
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from studies.results import RunResult
from studies.study import PlannedRun

#: Contains the step of ResNet-50 at 64x64, batch 32, on the whole machine.
STEP_BENCHMARK = Path("docs/benchmarks/against_torch.json")

#: (network, image size, precision): runs of one kind have the same rate.
Kind = tuple[Any, ...]


@dataclasses.dataclass(frozen=True)
class RunCost:
    """Estimated cost of a run.

    Args:
        name: Name of the run.
        passes: Passes over the training images; None for a probe.
        images: Training images of one pass; None for a probe.
        hours: Hours on one job's share of the machine; None if no similar
            run was measured.
    """

    name: str
    passes: int | None
    images: int | None
    hours: float | None


def benchmark_rates(jobs: int) -> dict[Kind, float]:
    """Return the seconds per image of the benchmark, by kind of run.

    Args:
        jobs: Number of runs that share the machine.
    """
    if not STEP_BENCHMARK.exists():
        return {}
    seconds = json.loads(STEP_BENCHMARK.read_text())["median_seconds"]
    return {
        ("resnet50", 64, precision): (
            jobs * seconds[f"seal_tf {precision}"] / 32
        )
        for precision in ("float32", "mixed_bfloat16")
    }


def estimate_costs(
    runs: Iterable[PlannedRun], finished: Iterable[RunResult], jobs: int
) -> list[RunCost]:
    """Estimate the hours of each run on one job's share of the machine.

    The seconds per image, forward and backward, are the median over finished
    runs of the same network, image size and precision. Without such runs
    they are those of the benchmark.

    Args:
        runs: The planned runs.
        finished: Results of finished runs.
        jobs: Number of runs at a time.

    Returns:
        The cost of each run.
    """
    rates: dict[Kind, list[float]] = {}
    for record in finished:
        result = record["result"]
        if "epochs" not in result:
            continue
        trained_images = result["epochs"] * result["training_images"]
        # Converts to the share of the machine that a job has now.
        share = jobs / record["jobs"]
        rates.setdefault(_kind(result["flags"]), []).append(
            share * result["seconds"] / trained_images
        )
    rates = {k: [r] for k, r in benchmark_rates(jobs).items()} | rates
    return [_run_cost(run, rates) for run in runs]


def _run_cost(run: PlannedRun, rates: Mapping[Kind, list[float]]) -> RunCost:
    passes, images = run.passes, run.images
    hours = None
    # A probe takes a minute or two; no rate predicts it.
    if passes is not None and images is not None:
        rate = rates.get(_kind(run.flags))
        if rate:
            hours = statistics.median(rate) * passes * images / 3600
    return RunCost(run.name, passes, images, hours)


def _kind(flags: Mapping[str, Any]) -> Kind:
    return (
        flags.get("arch", "resnet50"),
        flags.get("image_size"),
        flags.get("precision", "float32"),
    )
