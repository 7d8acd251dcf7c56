"""Data sets in their official layouts, made of a few drawn images."""

import io
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

WNIDS = ("n02", "n01", "n03")


def jpeg(seed, size=64, gray=False, quality=90):
    rng = np.random.default_rng(seed)
    low = rng.integers(0, 255, (4, 4, 3), np.uint8)
    image = Image.fromarray(low).resize((size, size))
    image = image.convert("L" if gray else "RGB")
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def tiny_imagenet(images=12):
    """Files of the official layout, by name; every fifth image is gray."""
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


def image_folder(evaluation="val", size=32):
    files = {}
    for label, name in enumerate(("ant", "bee")):
        for i in range(11):
            # Natural order: 2 before 10.
            files[f"train/{name}/p{i}.jpg"] = jpeg(100 * label + i, size)
        files[f"{evaluation}/{name}/q.png"] = jpeg(100 * label + 50, size)
    return files


def write(files, where, top=""):
    """Writes files as a folder, or as a zip if the name says so."""
    where = Path(where)
    if where.suffix == ".zip":
        with zipfile.ZipFile(where, "w") as archive:
            for name, data in files.items():
                archive.writestr(top + name, data)
        return where
    for name, data in files.items():
        path = where / (top + name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return where
