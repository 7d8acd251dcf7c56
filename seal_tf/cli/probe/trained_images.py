"""Test images of a probe that its networks were trained on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from seal_tf.cli.data import FOLDER_SPLIT_FRACTION, DataSettings
from seal_tf.probes.source import NetworkSource
from seal_tf.utils.image_folder_name import image_folder_name


def describe_trained_images(
    networks: Sequence[NetworkSource], data: DataSettings
) -> list[str]:
    """Describe networks that may have been trained on some test images.

    A folder without splits is split by `--split_fraction`. A larger fraction
    than in training holds out images that were trained on. Folders are
    compared by their names, because networks and images are moved.

    Args:
        networks: The networks.
        data: Which images the probe reads.

    Returns:
        A line for each such network.
    """
    if data.dataset != "image_folder" or data.data_dir is None:
        return []
    name = image_folder_name(data.data_dir)
    held_out = _fraction(data.split_fraction)
    lines = []
    for network in networks:
        flags = network.read_card().get("flags") or {}
        fraction = _fraction(flags.get("split_fraction"))
        if (
            flags.get("dataset") == data.dataset
            and flags.get("data_dir")
            and image_folder_name(flags["data_dir"]) == name
            and _share_classes(flags, data)
            and held_out > fraction
        ):
            lines.append(
                f"{network.name}: trained with --split_fraction={fraction:g} "
                f"(here: {held_out:g}). If {name} is the same folder, some of "
                "these test images were training images: add "
                f"--split_fraction={fraction:g}"
            )
    return lines


def _share_classes(flags: Mapping[str, Any], data: DataSettings) -> bool:
    first, other = flags.get("skip_classes") or 0, data.skip_classes
    end = first + (flags.get("classes") or math.inf)
    return first < other + (data.classes or math.inf) and other < end


def _fraction(value: float | None) -> float:
    return FOLDER_SPLIT_FRACTION if value is None else value
