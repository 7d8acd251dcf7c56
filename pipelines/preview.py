"""One augmented batch as a contact sheet:

  python -m pipelines.preview --dataset=cifar10 --data_dir=DIR --out=sheet.png

Upper rows are images as they are, lower rows what training sees of them.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys

import pipelines
from pipelines.augmentation.recipe import Recipe


class _Parser(argparse.ArgumentParser):
    """One line, exit code 2."""

    def error(self, message):
        self.exit(2, f"pipelines.preview: {message} (--help lists all)\n")


def parser():
    """The command's flags."""
    flags = _Parser(
        prog="python -m pipelines.preview",
        description=__doc__,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    flags.add_argument("--dataset", choices=pipelines.NAMES, required=True)
    flags.add_argument("--out", required=True, help="the PNG file")
    flags.add_argument("--data_dir", help="folder or zip of the data set")
    flags.add_argument("--split", choices=("train", "validation"))
    for name in ("classes", "image_size", "images_per_class"):
        flags.add_argument(f"--{name}", type=int)
    flags.add_argument("--skip_classes", type=int, default=0)
    flags.add_argument("--split_fraction", type=float)
    flags.add_argument("--count", type=int, default=32, help="images")
    flags.add_argument("--seed", type=int, default=0)
    flags.add_argument("--epoch", type=int, default=0, help="whose draws")
    for field in dataclasses.fields(Recipe):
        if field.name == "flip":
            flags.add_argument("--noflip", dest="flip", action="store_false")
        else:
            kind = type(field.default)
            flags.add_argument(
                f"--{field.name}", type=kind, default=field.default
            )
    return flags


def main(argv=None) -> int:
    """Runs the command; returns its exit code."""
    asked = parser().parse_args(argv)
    try:
        names = [field.name for field in dataclasses.fields(Recipe)]
        recipe = Recipe(**{name: getattr(asked, name) for name in names})
        images = pipelines.read(
            asked.dataset,
            asked.split or "train",
            data_dir=asked.data_dir,
            classes=asked.classes,
            skip_classes=asked.skip_classes,
            images_per_class=asked.images_per_class,
            image_size=asked.image_size,
            split_fraction=asked.split_fraction,
        )
        _write(asked, recipe, images)
    except (pipelines.DataError, OSError) as error:
        print(f"pipelines.preview: {error}", file=sys.stderr)
        return 2
    print(f"{images.name}: {min(asked.count, len(images))} images, {asked.out}")
    return 0


def _write(asked, recipe, images):
    import numpy as np
    import tensorflow as tf

    from pipelines.augmentation.normalise import normalise
    from pipelines.augmentation.seeds import step_seed

    # Spread over the data set, which lies there class by class.
    places = np.linspace(0, len(images) - 1, min(asked.count, len(images)))
    chosen = np.unique(places.astype(int))
    pixels = images.pixels[chosen]
    onehot = np.eye(len(images.class_names), dtype="float32")
    made, _ = recipe.apply(
        tf.constant(pixels),
        tf.constant(onehot[images.labels[chosen]]),
        step_seed(asked.seed, asked.epoch, 0),
    )
    # What `normalise` did, undone.
    low, high = (
        normalise(tf.fill(pixels[:1].shape, np.uint8(v))).numpy()[0, 0, 0]
        for v in (0, 255)
    )
    made = np.clip((made - low) / (high - low), 0, 1)
    _draw(
        asked.out,
        pixels / 255.0,
        made,
        [images.class_names[i] for i in images.labels[chosen]],
    )


def _draw(path, before, after, names, columns=8):
    from matplotlib.figure import Figure

    rows = -(-len(before) // columns)
    drawn = Figure(figsize=(1.2 * columns, 2.5 * rows), layout="constrained")
    axes = drawn.subplots(2 * rows, columns, squeeze=False)
    for ax in axes.ravel():
        ax.axis("off")
    for i, (plain, made) in enumerate(zip(before, after, strict=True)):
        row, column = divmod(i, columns)
        for ax, image in (
            (axes[2 * row, column], plain),
            (axes[2 * row + 1, column], made),
        ):
            ax.imshow(image.squeeze(), cmap="gray", vmin=0, vmax=1)
        axes[2 * row, column].set_title(names[i][:16], fontsize=7)
    drawn.savefig(path, format="png", dpi=110)


if __name__ == "__main__":
    sys.exit(main())
