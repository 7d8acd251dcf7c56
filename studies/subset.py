"""Cuts the studies' Tiny-ImageNet out of the official archive.

  python -m studies.subset tiny-imagenet-200.zip DATA/tiny-imagenet-50x200.zip

The first 50 classes of `wnids.txt`, the images 0 to 199 of each, and all
their validation images, in the official layout.
"""

from __future__ import annotations

import argparse
import sys
import zipfile

from seal_tf.cli.flags import one_line_errors
from seal_tf.utils.files import atomic_writer

CLASSES, IMAGES = 50, 200
TOP = "tiny-imagenet-200"


def main(argv=None) -> int:
    """Runs the command; returns its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("official", help="the official archive")
    parser.add_argument("out", help="the archive to write")
    asked = parser.parse_args(argv)
    with one_line_errors():
        try:
            with (
                zipfile.ZipFile(asked.official) as official,
                atomic_writer(asked.out) as file,
                zipfile.ZipFile(file, "w") as made,
            ):
                count = cut(official, made)
        except (KeyError, IndexError, zipfile.BadZipFile) as error:
            raise ValueError(
                f"{asked.official}: not Tiny-ImageNet's official archive "
                f"({error.args[0]})."
            ) from error
    print(f"{asked.out}: {count:,} images of {CLASSES} classes")
    return 0


def cut(official, made) -> int:
    """Copies what belongs to the subset; returns the number of images."""

    def lines(name):
        return official.read(f"{TOP}/{name}").decode().splitlines()

    wnids = lines("wnids.txt")[:CLASSES]
    annotated = [
        line
        for line in lines("val/val_annotations.txt")
        if line.split("\t")[1] in wnids
    ]
    made.writestr(f"{TOP}/wnids.txt", "\n".join(wnids) + "\n")
    made.writestr(f"{TOP}/words.txt", official.read(f"{TOP}/words.txt"))
    made.writestr(f"{TOP}/val/val_annotations.txt", "\n".join(annotated) + "\n")
    names = [f"{TOP}/val/images/{line.split()[0]}" for line in annotated]
    there = set(official.namelist())
    for wnid in wnids:
        every = (
            f"{TOP}/train/{wnid}/images/{wnid}_{i}.JPEG" for i in range(IMAGES)
        )
        names += [name for name in every if name in there]
    for name in names:
        made.writestr(name, official.read(name))
    return len(names)


if __name__ == "__main__":
    sys.exit(main())
