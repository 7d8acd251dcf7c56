"""Estimate the cost of runs before they start, from measured rates."""

from __future__ import annotations

import dataclasses
import json
import re
import statistics
from collections.abc import Iterable, Mapping
from typing import Any

from benchmarks.result_file import result_path
from studies.results import RunResult
from studies.study import PlannedRun

#: The benchmark of steps on the whole machine, and its batch size.
STEP_BENCHMARK, BATCH = "against_torch", 32

#: (network, image size, precision), or that with (method, repetitions of an
#: image): runs of one kind have the same rate.
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
    """Return the seconds per image on this machine, by kind of run.

    Args:
        jobs: Number of runs that share the machine.
    """
    path = result_path(STEP_BENCHMARK)
    if not path.exists():
        return {}
    rates: dict[Kind, float] = {}
    for name, times in json.loads(path.read_text()).items():
        match = re.fullmatch(
            rf"(\w+), (\d+)x\d+, batch {BATCH}(, bfloat16)?", name
        )
        if match:
            kind = (
                match[1],
                int(match[2]),
                "mixed_bfloat16" if match[3] else "float32",
            )
            seconds = times["median_seconds"]
            step = next(
                s for n, s in seconds.items() if n.startswith("seal_tf")
            )
            rates[kind] = jobs * step / BATCH
    return rates


def estimate_costs(
    runs: Iterable[PlannedRun], finished: Iterable[RunResult], jobs: int
) -> list[RunCost]:
    """Estimate the hours of each run on one job's share of the machine.

    The seconds per image, forward and backward, are the median over finished
    runs of the same network, image size and precision, and of the same method
    if there are any (SAM and distillation take longer). Without such runs they
    are those of the benchmark.

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
        rate = share * result["seconds"] / trained_images
        for kind in _kinds(result["flags"]):
            rates.setdefault(kind, []).append(rate)
    rates = {k: [r] for k, r in benchmark_rates(jobs).items()} | rates
    return [_run_cost(run, rates) for run in runs]


def _run_cost(run: PlannedRun, rates: Mapping[Kind, list[float]]) -> RunCost:
    passes, images = run.passes, run.images
    hours = None
    # A probe takes a minute or two; no rate predicts it.
    if passes is not None and images is not None:
        known = (rates[k] for k in _kinds(run.flags) if k in rates)
        if rate := next(known, None):
            hours = statistics.median(rate) * passes * images / 3600
    return RunCost(run.name, passes, images, hours)


def _kinds(flags: Mapping[str, Any]) -> tuple[Kind, Kind]:
    """The kind of a run with its method and augmentation, and without."""
    step = (
        flags.get("arch", "resnet50"),
        flags.get("image_size"),
        flags.get("precision", "float32"),
    )
    method = flags.get("method", "seal"), flags.get("repeat_augment", 1)
    return step + method, step
