"""Select published results to compare probes with.

The results are those of SEAL (CVPR 2023) and of its talk: ResNet-50 trained
on all of Tiny-ImageNet, 160 epochs a generation; top-1 in percent. The
protocols of its probes are not published.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SETTING = "published: ResNet-50, all of Tiny-ImageNet, 160 epochs a generation"

#: Classes of the whole data sets. No published result is of a part of one.
CLASS_COUNTS = {
    "tiny_imagenet": 200,
    "flowers102": 102,
    "cub200": 200,
    "fgvc_aircraft": 100,
    "mit_indoor67": 67,
    "stanford_dogs": 120,
    "eurosat": 10,
    "plant_village": 38,
}

#: Published values by (method, generations).
Values = Mapping[tuple[str, int], str]


def published_values(
    table: Mapping[str, Values], data: Mapping[str, Any]
) -> Values | None:
    """Return the published values for the data set of a result.

    Args:
        table: Published values by data set.
        data: What the result reports of its images.

    Returns:
        The values, or None if none are published or the result is of a part
        of the data set.
    """
    if data["classes"] != CLASS_COUNTS.get(data["label"]):
        return None
    return table.get(data["label"])


def format_nearest(
    values: Values, method: str | None, generations: int | None
) -> str:
    """Format a method's published value of 1 generation, or of 10.

    Args:
        values: Published values of one data set.
        method: Method that the network was trained with.
        generations: Number of generations that it was trained for. The value
            of 1 generation is compared with 1, that of 10 with any other.

    Returns:
        "49.27 (G=10)", or "" if no value is published.
    """
    published_generations = 1 if generations == 1 else 10
    value = values.get((method or "", published_generations))
    return f"{value} (G={published_generations})" if value else ""
