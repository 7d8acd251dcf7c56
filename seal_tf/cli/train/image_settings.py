"""Settings of training that fit the images, where a flag has no value.

The data sets of the papers get the papers' recipe; see
`pipelines.augmentation.defaults`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from pipelines.augmentation.defaults import (
    default_augmentation,
    drops_last_batch,
)
from pipelines.images import Images
from seal_tf.cli.train.defaults import FOLDER_FLAGS
from seal_tf.cli.train.settings import TrainSettings


def image_defaults(
    settings: TrainSettings, image_shape: tuple[int, int, int], count: int
) -> dict[str, Any]:
    """Return the default of each of `IMAGE_FLAGS`.

    Args:
        settings: Settings of the run.
        image_shape: (height, width, channels) of the images.
        count: Number of training images.
    """
    dataset = settings.data.dataset
    augmentation = default_augmentation(dataset, min(image_shape[:2]))
    drop = drops_last_batch(
        dataset,
        count,
        settings.batch_size,
        settings.augmentation.repeat_augment,
    )
    return {**dataclasses.asdict(augmentation), "drop_remainder": drop}


def resolve_for_images(settings: TrainSettings, train: Images) -> TrainSettings:
    """Set what depends on the images, where it has no value.

    Args:
        settings: Settings of the run.
        train: Its training images.

    Returns:
        The settings; `flags` has the values that are used.
    """
    defaults = image_defaults(settings, train.image_shape, len(train))
    return with_flags(
        settings,
        {
            name: value
            for name, value in defaults.items()
            if settings.flags[name] is None
        },
    )


def with_flags(
    settings: TrainSettings, values: Mapping[str, Any]
) -> TrainSettings:
    """Return settings with other values of `IMAGE_FLAGS` or `FOLDER_FLAGS`.

    Args:
        settings: Settings of the run.
        values: The value of each flag that changes, by name.
    """
    augmentation, data = settings.augmentation, settings.data
    return dataclasses.replace(
        settings,
        flags={**settings.flags, **values},
        augmentation=dataclasses.replace(
            augmentation,
            recipe={
                name: values.get(name, value)
                for name, value in augmentation.recipe.items()
            },
            drop_remainder=values.get(
                "drop_remainder", augmentation.drop_remainder
            ),
        ),
        data=dataclasses.replace(
            data, **{n: values[n] for n in FOLDER_FLAGS if n in values}
        ),
    )


def describe_defaults(settings: TrainSettings, train: Images) -> str:
    """Describe in one line the defaults of a run and its normalization.

    Args:
        settings: The resolved settings.
        train: The training images.
    """
    values = settings.flags
    last = len(train) * settings.augmentation.repeat_augment
    last %= settings.batch_size
    reasons = {
        "method": _method_reason(settings),
        "learning_rate": f"of {settings.optimizer.name}",
        "crop_padding": f"of {min(train.image_shape[:2])} pixels",
        "flip": f"of {settings.data.dataset}",
        "drop_remainder": (
            f"the last batch has {last} images" if last else "all are full"
        ),
    }
    parts = [
        f"{flag_word(name, values[name])} ({reason})"
        for name, reason in reasons.items()
        if settings.requested[name] is None
    ]
    channels = train.image_shape[2]
    scale = "ImageNet's mean and deviation" if channels == 3 else "-1 to 1"
    return f"defaults: {', '.join([*parts, f'inputs scaled to {scale}'])}"


def _method_reason(settings: TrainSettings) -> str:
    if settings.method == "seal":
        return "of several generations"
    return (
        "one long cosine, the baseline; to compare: --method=seal "
        "--generations=4"
    )


def flag_word(name: str, value: Any) -> str:
    """Return a flag as a word of the command line."""
    if isinstance(value, bool):
        return f"--{name}" if value else f"--no{name}"
    return f"--{name}={value}"
