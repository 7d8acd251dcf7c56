"""Copy the studies' subset of Tiny-ImageNet from the official archive.

  python -m studies.subset tiny-imagenet-200.zip DATA/tiny-imagenet-50x200.zip

The subset contains the first 50 classes of `wnids.txt`, images 0 to 199 of
each class, and all validation images of these classes, in the official
layout.
"""

from __future__ import annotations

import argparse
import sys
import zipfile
from collections.abc import Sequence

from seal_tf.cli.errors import one_line_errors
from seal_tf.utils.files import atomic_writer

CLASSES, IMAGES = 50, 200
#: Folder in the official archive.
TOP_FOLDER = "tiny-imagenet-200"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        argv: Command line without the program. None takes `sys.argv`.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("official", help="the official archive")
    parser.add_argument("out", help="the archive to write")
    arguments = parser.parse_args(argv)
    with one_line_errors():
        try:
            with (
                zipfile.ZipFile(arguments.official) as official,
                atomic_writer(arguments.out) as file,
                zipfile.ZipFile(file, "w") as subset,
            ):
                count = copy_subset(official, subset)
        except (KeyError, IndexError, zipfile.BadZipFile) as error:
            raise ValueError(
                f"{arguments.official}: the file is not the official archive "
                f"of Tiny-ImageNet ({error.args[0]})."
            ) from error
    print(f"{arguments.out}: {count:,} images of {CLASSES} classes")
    return 0


def copy_subset(official: zipfile.ZipFile, subset: zipfile.ZipFile) -> int:
    """Copy the images of the subset, and the files that describe them.

    Args:
        official: The official archive.
        subset: The archive to write.

    Returns:
        Number of copied images.
    """

    def read_lines(name: str) -> list[str]:
        return official.read(f"{TOP_FOLDER}/{name}").decode().splitlines()

    wnids = read_lines("wnids.txt")[:CLASSES]
    annotations = [
        line
        for line in read_lines("val/val_annotations.txt")
        if line.split("\t")[1] in wnids
    ]
    for name, text in (
        ("wnids.txt", "\n".join(wnids) + "\n"),
        ("words.txt", official.read(f"{TOP_FOLDER}/words.txt")),
        ("val/val_annotations.txt", "\n".join(annotations) + "\n"),
    ):
        subset.writestr(f"{TOP_FOLDER}/{name}", text)
    names = [
        f"{TOP_FOLDER}/val/images/{line.split()[0]}" for line in annotations
    ]
    official_names = set(official.namelist())
    for wnid in wnids:
        candidates = (
            f"{TOP_FOLDER}/train/{wnid}/images/{wnid}_{i}.JPEG"
            for i in range(IMAGES)
        )
        names += [name for name in candidates if name in official_names]
    for name in names:
        subset.writestr(name, official.read(name))
    return len(names)


if __name__ == "__main__":
    sys.exit(main())
