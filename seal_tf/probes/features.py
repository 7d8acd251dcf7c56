"""Features of a data set, computed in one pass and kept on disk.

A cache is a folder whose name says what made it: the network's files, the
images, the taps and the type. Another network or other images have another
name, so nothing stale is ever read.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zlib
from pathlib import Path

import numpy as np

from seal_tf.files import write_json

META = "features.json"


class Features:
    """Features of one split, on disk, read a tap at a time.

    Args:
        folder: The cache.

    Raises:
        ValueError: the cache is damaged.
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        file = self.folder / META
        try:
            self._files = json.loads(file.read_text())["files"]
            self.taps = tuple(n for n in self._files if n != "logits")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _damaged(self.folder, f"{META} cannot be read") from error

    def tap(self, name: str) -> np.ndarray:
        """[images, features] of a tap, mapped from disk and not yet read.

        Times a power of two, the same for all of a network's images, so that
        the largest are about 1: float16 would lose what is very small or
        very large, and no probe depends on the scale of a tap.

        Raises:
            ValueError: the file is not what was written.
        """
        return self._read(name)

    def logits(self) -> np.ndarray | None:
        """float32 [images, classes], where they were asked for."""
        return self._read("logits") if "logits" in self._files else None

    def _read(self, name):
        about = self._files[name]
        file = self.folder / about["file"]
        try:
            found = np.load(file, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise _damaged(self.folder, f"{file.name}: {error}") from error
        if list(found.shape) != about["shape"] or _crc(found) != about["crc"]:
            raise _damaged(self.folder, f"{file.name} is not what was written")
        return found


def _damaged(folder, what):
    return ValueError(
        f"{folder}: damaged cache of features ({what}); delete this folder "
        "and run again."
    )


def _crc(array):
    crc = 0
    for start in range(0, len(array), 4096):
        block = np.ascontiguousarray(array[start : start + 4096])
        crc = zlib.crc32(block, crc)
    return crc


def features_of(
    network,
    images,
    cache_dir,
    *,
    dtype="float16",
    logits=False,
    batch_size=100,
    most_bytes=None,
    progress=lambda done, total: None,
) -> Features:
    """Features of all taps, from the cache or in one pass over the images.

    Args:
        network: A `Network`.
        images: A `pipelines.images.Images` or its like.
        cache_dir: Folder of all caches.
        dtype: "float16" or "float32", on disk.
        logits: Whether the network's logits are wanted beside them.
        batch_size: Images of a batch.
        most_bytes: What a cache may take on disk; None: anything.
        progress: Called with images done and images in all.

    Returns:
        The `Features`.

    Raises:
        ValueError: the network cannot take these images; the cache would be
            too large, or is damaged; or an activation does not fit `dtype`.
    """
    if tuple(images.image_shape) != network.image_shape:
        raise ValueError(
            f"{network.path} takes images of {network.image_shape}, and "
            f"{images.name} has {tuple(images.image_shape)} (height, width, "
            "channels)."
        )
    folder = Path(cache_dir) / _key(network, images, dtype, logits)
    if folder.exists():
        return Features(folder)
    scales = _scales(network)
    needed = (
        len(images)
        * sum(size for size, _ in scales.values())
        * np.dtype(dtype).itemsize
    )
    if most_bytes is not None and needed > most_bytes:
        raise ValueError(
            f"features of {len(images):,} images at {len(scales)} taps take "
            f"{needed / 1e9:.2g} GB on disk, more than --cache_gb allows "
            f"({most_bytes / 1e9:.2g}): give more, --feature_dtype=float16, "
            "or an export of fewer --taps."
        )
    beside = folder.with_name(f"{folder.name}.{os.getpid()}.part")
    beside.mkdir(parents=True)
    try:
        _compute(
            network, images, beside, scales, dtype, logits, batch_size, progress
        )
        if folder.exists():  # Another process was faster: the same bytes.
            shutil.rmtree(beside)
        else:
            beside.replace(folder)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    return Features(folder)


def _key(network, images, dtype, logits):
    made_of = json.dumps(
        [
            network.fingerprint,
            list(network.taps),
            images.name,
            list(images.pixels.shape),
            zlib.crc32(np.ascontiguousarray(images.pixels)),
            dtype,
            bool(logits),
        ]
    )
    name = "".join(c if c.isalnum() else "-" for c in images.name)
    return f"{name}-{hashlib.sha256(made_of.encode()).hexdigest()[:16]}"


def _scales(network):
    """(features, scale) of each tap, from a fixed batch of noise.

    Not from the images: training and test features must have one scale.
    """
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (8, *network.image_shape), np.uint8)
    found = network.features(noise)
    scales = {}
    for name in network.taps:
        values = found[name].numpy()
        largest = np.abs(values).max()
        if not np.isfinite(largest):
            raise _not_finite(network, name)
        power = -np.round(np.log2(largest)) if largest else 0
        scales[name] = (values.shape[1], float(2.0 ** np.clip(power, -60, 60)))
    return scales


def _not_finite(network, name):
    return ValueError(
        f"{network.path}: tap {name} gives numbers that are not finite; this "
        "network cannot be probed."
    )


def _compute(
    network, images, folder, scales, dtype, logits, batch_size, progress
):
    count = len(images)
    files = {
        name: np.lib.format.open_memmap(
            folder / f"{i:02d}.npy", "w+", dtype, (count, size)
        )
        for i, (name, (size, _)) in enumerate(scales.items())
    }
    largest = np.finfo(dtype).max
    kept = []
    for start in range(0, count, batch_size):
        batch = images.pixels[start : start + batch_size]
        found = network.features(batch)
        for name, (_, scale) in scales.items():
            values = found[name].numpy()
            if not np.isfinite(values).all():
                raise _not_finite(network, name)
            values = values * np.float32(scale)
            if np.abs(values).max() > largest:
                raise ValueError(
                    f"{network.path}: the activations of tap {name} differ "
                    f"too much in size for {dtype}: --feature_dtype=float32."
                )
            files[name][start : start + len(batch)] = values
        if logits:
            kept.append(network.logits(batch).numpy())
        progress(min(count, start + batch_size), count)
    if logits:
        np.save(folder / "logits.npy", np.concatenate(kept))
    about = {}
    for i, (name, array) in enumerate(files.items()):
        array.flush()
        about[name] = _about(f"{i:02d}.npy", array)
    if logits:
        about["logits"] = _about("logits.npy", np.concatenate(kept))
    made_by = {
        "fingerprint": network.fingerprint,
        "export": str(network.path),
        "images": images.name,
        "dtype": dtype,
    }
    write_json(folder / META, {"files": about, **made_by})


def _about(file, array):
    return {"file": file, "shape": list(array.shape), "crc": _crc(array)}
