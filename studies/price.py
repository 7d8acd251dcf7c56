"""What a study costs, before it is paid: from rates that were measured."""

from __future__ import annotations

import json
import statistics
from pathlib import Path

#: A step of ResNet-50 on the whole machine, 64x64, a batch of 32.
STEP = Path("docs/benchmarks/against_torch.json")


def benchmarked(jobs: int) -> dict:
    """Seconds for an image by kind of run, as the benchmarks have them.

    Args:
        jobs: Runs that share the machine.
    """
    if not STEP.exists():
        return {}
    steps = json.loads(STEP.read_text())["median_seconds"]
    return {
        ("resnet50", 64, precision): jobs * steps[f"ours {precision}"] / 32
        for precision in ("float32", "mixed_bfloat16")
    }


def of(runs, finished, jobs: int) -> list[dict]:
    """Hours of each run on one of the jobs' share of the machine.

    Seconds for an image, forward and backward, are the median over finished
    runs of the same network, image size and precision; where there is none,
    of the benchmarks.

    Args:
        runs: The `Planned` trainings.
        finished: Results that are there already, as `keep` writes them.
        jobs: Runs at a time.

    Returns:
        For each its "name", "passes", "images", "hours" (None where nothing
        like it was ever measured).
    """
    rates = {}
    for found in finished:
        result = found["result"]
        if "epochs" not in result:
            continue
        seen = result["epochs"] * result["training_images"]
        # A job's share of the machine, if so many are at work now.
        share = jobs / found["jobs"]
        rates.setdefault(_kind(result["flags"]), []).append(
            share * result["seconds"] / seen
        )
    rates = {k: [r] for k, r in benchmarked(jobs).items()} | rates
    priced = []
    for run in runs:
        passes, images = run.passes, run.images
        # Probes take a minute or two: no rate says how long.
        rate = images and rates.get(_kind(run.flags))
        priced.append(
            {
                "name": run.name,
                "passes": passes,
                "images": images,
                "hours": rate
                and statistics.median(rate) * passes * images / 3600,
            }
        )
    return priced


def _kind(flags):
    return tuple(
        flags.get(name, default)
        for name, default in (
            ("arch", "resnet50"),
            ("image_size", None),
            ("precision", "float32"),
        )
    )
