"""Read the images of a training run."""

from __future__ import annotations

from collections.abc import Callable

from pipelines.images import Images
from pipelines.splits import holdout_split
from seal_tf.cli.data import read_splits
from seal_tf.cli.train.settings import TrainSettings


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
        return train, validation, None
    test = validation
    train, validation = holdout_split(train, fraction, seed=0)
    print(
        f"--val_from_train: {len(validation):,} training images are held out "
        f"for validation; {test.name} is evaluated once, at the end"
    )
    return train, validation, test
