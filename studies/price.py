"""What a study costs, before it is paid: from rates that were measured."""

from __future__ import annotations

import statistics


def of(runs, finished) -> list[dict]:
    """Hours of each run on one of the jobs' share of the machine.

    Seconds for an image, forward and backward, are the median over finished
    runs of the same network, image size and precision, of this study first
    and then of any.

    Args:
        runs: The `Planned` trainings.
        finished: Results that are there already, as `keep` writes them.

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
        rates.setdefault(_kind(result["flags"]), []).append(
            result["seconds"] / seen
        )
    priced = []
    for run in runs:
        passes, images = run.passes, run.images
        rate = rates.get(_kind(run.flags))
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
