"""Test images of a probe that its networks were trained on."""

from __future__ import annotations

from collections.abc import Sequence

from seal_tf.cli.data import FOLDER_SPLIT_FRACTION, DataSettings
from seal_tf.probes.source import NetworkSource
from seal_tf.utils.image_folder_name import image_folder_name


def describe_trained_images(
    networks: Sequence[NetworkSource], data: DataSettings
) -> list[str]:
    """Describe networks that were trained on some of the test images.

    A folder without splits is split by `--split_fraction`. A larger fraction
    than in training holds out images that were trained on.

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
        if flags.get("dataset") != data.dataset or not flags.get("data_dir"):
            continue
        fraction = _fraction(flags.get("split_fraction"))
        if image_folder_name(flags["data_dir"]) == name and held_out > fraction:
            lines.append(
                f"{network.name}: trained on some of these test images, with "
                f"--split_fraction={fraction:g} (here: {held_out:g}). Probe "
                f"it with --split_fraction={fraction:g}"
            )
    return lines


def _fraction(value: float | None) -> float:
    return FOLDER_SPLIT_FRACTION if value is None else value
