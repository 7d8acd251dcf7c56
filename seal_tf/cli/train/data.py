"""Read the images of a training run."""

from __future__ import annotations

from collections.abc import Callable

from pipelines.images import Images
from pipelines.label_noise import add_label_noise
from pipelines.splits import holdout_split
from seal_tf.cli.data import complete_size, complete_split, read_splits
from seal_tf.cli.train.image_settings import with_flags
from seal_tf.cli.train.settings import TrainSettings


def complete_data_settings(settings: TrainSettings) -> TrainSettings:
    """Choose how an image folder is split and resized, where it is not set.

    Args:
        settings: Settings of the run.

    Returns:
        The settings; `flags` has the values that are used.

    Raises:
        pipelines.DataError: If the folder cannot be read.
    """
    data = complete_size(complete_split(settings.data))
    return with_flags(
        settings,
        {"split_fraction": data.split_fraction, "image_size": data.image_size},
    )


def read_images(
    settings: TrainSettings, check: Callable[[], object] = lambda: None
) -> tuple[Images, Images, Images | None]:
    """Read the images of a run.

    Args:
        settings: Settings of the run.
        check: Called while images are read; it may raise.

    Returns:
        (training images, validation images, test images). With
        `val_from_train`, the validation images come from the training split,
        and the published split is the test images; otherwise there are no
        test images.

    Raises:
        pipelines.DataError: If the images cannot be read.
    """
    train, validation = read_splits(settings.data, check=check)
    fraction = settings.augmentation.val_from_train
    if fraction is None:
        return _with_label_noise(settings, train), validation, None
    test = validation
    train, validation = holdout_split(train, fraction, seed=0)
    print(
        f"--val_from_train: {len(validation):,} training images are held out "
        f"for validation; {test.name} is evaluated once, at the end"
    )
    return _with_label_noise(settings, train), validation, test


def _with_label_noise(settings: TrainSettings, train: Images) -> Images:
    share = settings.augmentation.label_noise
    if not share:
        return train
    train = add_label_noise(train, share, settings.seed)
    assert train.label_noise is not None
    print(
        f"--label_noise: {train.label_noise.replaced:,} of {len(train):,} "
        "training labels are replaced by another class; evaluation uses the "
        "true labels"
    )
    return train
