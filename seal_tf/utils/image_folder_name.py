"""The name of a folder of images in tables and files."""

from __future__ import annotations

from pathlib import Path


def image_folder_name(data_dir: str | Path) -> str:
    """Return the name of a folder or zip of images.

    Args:
        data_dir: The folder, or the zip; "." is the current folder.

    Returns:
        Its own name without the suffix of a zip, so that the same images have
        one name, wherever they are. "images" for the root of a file system.
    """
    return Path(data_dir).absolute().name.removesuffix(".zip") or "images"
