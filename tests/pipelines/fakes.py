"""Small generated images, and data sets in their official layouts."""

import io
import tarfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from pipelines.images import Images

#: Classes of `tiny_imagenet_files`, in the order of their labels.
WNIDS = ("n02", "n01", "n03")
#: A uint8 image of 16x16 pixels that JPEG compresses well.
SQUARE = np.kron(
    np.random.default_rng(0).integers(0, 256, (4, 4, 3), np.uint8),
    np.ones((4, 4, 1), np.uint8),
)


def random_images(
    count: int = 22, size: int = 8, channels: int = 3, classes: int = 4
) -> Images:
    """Create random images whose labels alternate."""
    rng = np.random.default_rng(0)
    return Images(
        "fake",
        rng.integers(1, 255, (count, size, size, channels), np.uint8),
        np.arange(count, dtype=np.int32) % classes,
        tuple("abcdefgh"[:classes]),
    )


def encoded_image(
    file_format: str, mode: str, image: np.ndarray = SQUARE, **options: int
) -> bytes:
    """Encode an image in a format and mode of Pillow."""
    buffer = io.BytesIO()
    Image.fromarray(image).convert(mode).save(buffer, file_format, **options)
    return buffer.getvalue()


def jpeg(
    seed: int, size: int = 64, gray: bool = False, quality: int = 90
) -> bytes:
    """Encode a random, smooth image as JPEG."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 255, (4, 4, 3), np.uint8)
    image = Image.fromarray(small).resize((size, size))
    image = image.convert("L" if gray else "RGB")
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def tiny_imagenet_files(images: int = 12) -> dict[str, bytes]:
    """Create files of the official layout; every fifth image is gray."""
    files = {
        "wnids.txt": "\n".join(WNIDS).encode() + b"\n",
        "words.txt": b"n01\tcat\n",
    }
    annotations = []
    for label, wnid in enumerate(WNIDS):
        for i in range(images):
            name = f"train/{wnid}/images/{wnid}_{i}.JPEG"
            files[name] = jpeg(1000 * label + i, gray=i % 5 == 0)
        files[f"train/{wnid}/{wnid}_boxes.txt"] = b"x"
        for i in range(2):
            name = f"val_{10 * label + i}.JPEG"
            files[f"val/images/{name}"] = jpeg(1000 * label + 500 + i)
            annotations.append(f"{name}\t{wnid}\t0\t0\t9\t9")
    files["val/val_annotations.txt"] = "\n".join(annotations).encode()
    return files


def image_folder_files(
    validation: str = "val", size: int = 32
) -> dict[str, bytes]:
    """Create files of two classes, in folders "train" and `validation`."""
    files = {}
    for label, name in enumerate(("ant", "bee")):
        for i in range(11):
            # Natural order: 2 before 10.
            files[f"train/{name}/p{i}.jpg"] = jpeg(100 * label + i, size)
        files[f"{validation}/{name}/q.png"] = jpeg(100 * label + 50, size)
    return files


def write_files(
    files: Mapping[str, bytes], path: str | Path, top: str = ""
) -> Path:
    """Write files to a folder, or to a zip if `path` ends in .zip."""
    path = Path(path)
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in files.items():
                archive.writestr(top + name, data)
        return path
    for name, data in files.items():
        file = path / (top + name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return path


def write_class_folders(
    path: Path, **classes: Iterable[tuple[str, bytes]]
) -> Path:
    """Write (suffix, content) pairs to train/<class>/ and val/<class>/."""
    for split in ("train", "val"):
        for name, files in classes.items():
            (path / split / name).mkdir(parents=True)
            for i, (suffix, data) in enumerate(files):
                (path / split / name / f"{i}.{suffix}").write_bytes(data)
    return path


def write_tar(files: Mapping[str, bytes], path: Path, mode: str = "w") -> None:
    """Write files to a tar archive."""
    with tarfile.open(path, mode) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


def write_tiny_imagenet_archive(folder: Path) -> None:
    """Write the archive of Tiny-ImageNet, with three classes."""
    path = folder / "tiny-imagenet-200.zip"
    write_files(tiny_imagenet_files(3), path, "tiny-imagenet-200/")


def write_aircraft_archive(folder: Path) -> None:
    """Write the archive of FGVC-Aircraft, with three variants."""
    variants = ["707-320", "727-200", "A310"]
    top = "fgvc-aircraft-2013b/data/"
    files = {f"{top}variants.txt": "\n".join(variants).encode()}
    number = 100000
    for split, count in (("train", 2), ("val", 1), ("test", 2)):
        rows = []
        for variant in variants:
            for _ in range(count):
                number += 1
                files[f"{top}images/0{number}.jpg"] = jpeg(number, 40)
                rows.append(f"0{number} {variant}")
        listing = "\n".join(rows) + "\n"
        files[f"{top}images_variant_{split}.txt"] = listing.encode()
    write_tar(files, folder / "fgvc-aircraft-2013b.tar.gz", "w:gz")


def write_indoor_archives(folder: Path) -> None:
    """Write the archives of MIT Indoor 67, with two rooms."""
    files: dict[str, bytes] = {}
    listed: dict[str, list[str]] = {"Train": [], "Test": []}
    for room in ("bar", "church_inside"):
        for i in range(5):
            name = f"{room}/{room}_{i}.jpg"
            files[f"Images/{name}"] = jpeg(i, 48)
            # Like most real images, the fifth one is on neither list.
            if i < 4:
                listed["Train" if i < 3 else "Test"].append(name)
    write_tar(files, folder / "indoorCVPR_09.tar")
    for split, names in listed.items():
        (folder / f"{split}Images.txt").write_text("\n".join(names) + "\n")
