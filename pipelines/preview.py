"""Draw a contact sheet of one augmented batch.

Usage:

  python -m pipelines.preview --dataset=cifar10 --data_dir=DIR --out=sheet.png

In each pair of rows, the upper row shows the original images and the lower
row the augmented ones.
"""

from __future__ import annotations

import argparse
import dataclasses
import io
import os
import re
import sys
import warnings
from collections.abc import Sequence
from typing import NoReturn

import numpy as np

import pipelines
from pipelines.augmentation.defaults import default_augmentation
from pipelines.augmentation.recipe import Recipe
from pipelines.batches import check_seed
from pipelines.images import Images


class _Parser(argparse.ArgumentParser):
    """A parser that reports an error in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"pipelines.preview: {message} (see --help)\n")


def create_parser() -> argparse.ArgumentParser:
    """Create the argument parser of the command.

    Returns:
        The parser, with a flag for each field of `Recipe`.
    """
    parser = _Parser(
        prog="python -m pipelines.preview",
        description=__doc__,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--dataset",
        required=True,
        help=f"one of {', '.join(pipelines.DATA_SET_NAMES)}",
    )
    parser.add_argument("--out", required=True, help="PNG file to write")
    parser.add_argument("--data_dir", help="folder or zip of the data set")
    parser.add_argument("--split", choices=("train", "validation"))
    for name in ("classes", "image_size", "images_per_class"):
        parser.add_argument(f"--{name}", type=int)
    parser.add_argument("--skip_classes", type=int, default=0)
    parser.add_argument("--split_fraction", type=float)
    parser.add_argument(
        "--count", type=int, default=32, help="number of images"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--epoch", type=int, default=0, help="epoch of the augmentation"
    )
    for field in dataclasses.fields(Recipe):
        # The data set determines crop and flip, as in training.
        if field.name == "flip":
            parser.add_argument("--flip", action="store_true", default=None)
            parser.add_argument("--noflip", dest="flip", action="store_false")
        else:
            is_default = field.name != "crop_padding"
            parser.add_argument(
                f"--{field.name}",
                type=type(field.default),
                default=field.default if is_default else None,
            )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        argv: Command-line arguments. Defaults to None: `sys.argv[1:]`.

    Returns:
        The exit code: 0, or 2 after an error.
    """
    flags = create_parser().parse_args(argv)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A name of a file may have bytes that are no characters.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        _check_flags(flags)
        with warnings.catch_warnings():
            # This command prints the omissions.
            warnings.simplefilter("ignore", pipelines.DataWarning)
            images = pipelines.read(
                flags.dataset,
                flags.split or "train",
                data_dir=flags.data_dir,
                classes=flags.classes,
                skip_classes=flags.skip_classes,
                images_per_class=flags.images_per_class,
                image_size=flags.image_size,
                split_fraction=flags.split_fraction,
            )
        for omission in images.omissions:
            print(f"{images.name}: left out {omission}")
        _write_sheet(flags, _recipe(flags, images), images)
    except (pipelines.DataError, OSError) as error:
        message = _with_flags(str(error), flags)
        print(f"pipelines.preview: {message}", file=sys.stderr)
        return 2
    print(f"{images.name}: {min(flags.count, len(images))} images, {flags.out}")
    return 0


def _check_flags(flags: argparse.Namespace) -> None:
    check_seed(flags.seed)
    if flags.count < 1:
        raise pipelines.DataError(
            f"`count` must be at least 1. Received: count={flags.count}."
        )


def _recipe(flags: argparse.Namespace, images: Images) -> Recipe:
    """Return the augmentation; crop and flip default to those of training."""
    values = {
        f.name: getattr(flags, f.name) for f in dataclasses.fields(Recipe)
    }
    defaults = default_augmentation(flags.dataset, min(images.image_shape[:2]))
    for name, value in dataclasses.asdict(defaults).items():
        if values[name] is None:
            values[name] = value
    return Recipe(**values)


def _with_flags(message: str, flags: argparse.Namespace) -> str:
    """Replace the arguments that a message names by the command's flags."""

    def flag(match: re.Match[str]) -> str:
        name = "dataset" if match[1] == "name" else match[1]
        return f"--{name}" if hasattr(flags, name) else match[0]

    return re.sub(r"`(\w+)`", flag, message)


def _write_sheet(
    flags: argparse.Namespace, recipe: Recipe, images: Images
) -> None:
    import tensorflow as tf

    from pipelines.augmentation.normalize import normalize
    from pipelines.augmentation.seeds import step_seed

    # Images are ordered by class: evenly spaced indices cover all classes.
    count = min(flags.count, len(images))
    indices = np.unique(np.linspace(0, len(images) - 1, count).astype(int))
    pixels = images.pixels[indices]
    one_hot = np.eye(len(images.class_names), dtype="float32")
    augmented, _ = recipe.apply(
        tf.constant(pixels),
        tf.constant(one_hot[images.labels[indices]]),
        step_seed(flags.seed, flags.epoch, 0),
    )
    # Invert `normalize`.
    black, white = (
        normalize(tf.fill(pixels[:1].shape, np.uint8(value))).numpy()[0, 0, 0]
        for value in (0, 255)
    )
    augmented = np.clip((augmented - black) / (white - black), 0, 1)
    _draw(
        flags.out,
        pixels / 255.0,
        augmented,
        [images.class_names[label] for label in images.labels[indices]],
    )


def _draw(
    path: str | os.PathLike[str],
    originals: np.ndarray,
    augmented: np.ndarray,
    titles: Sequence[str],
    columns: int = 8,
) -> None:
    from matplotlib.figure import Figure

    rows = -(-len(originals) // columns)
    figure = Figure(figsize=(1.2 * columns, 2.5 * rows), layout="constrained")
    axes = figure.subplots(2 * rows, columns, squeeze=False)
    for ax in axes.ravel():
        ax.axis("off")
    for index, pair in enumerate(zip(originals, augmented, strict=True)):
        row, column = divmod(index, columns)
        for offset, image in enumerate(pair):
            axes[2 * row + offset, column].imshow(
                image.squeeze(), cmap="gray", vmin=0, vmax=1
            )
        # Matplotlib would read text between two dollar signs as a formula.
        title = titles[index][:16].replace("$", r"\$")
        axes[2 * row, column].set_title(title, fontsize=7)
    figure.savefig(path, format="png", dpi=110)


if __name__ == "__main__":
    sys.exit(main())
