"""Features of a data set, computed in one pass and kept on disk.

A cache is a folder whose name says what made it: the network's files, the
images, the taps and the type. Another network or other images have another
name, so nothing stale is ever read.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
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
            self.taps = tuple(self._files)
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
        about = self._files[name]
        # Whatever the list says, it is a file of this folder.
        file = self.folder / Path(about["file"]).name
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
        batch_size: Images of a batch.
        most_bytes: What a cache may take on disk; None: anything.
        progress: Called with images done and images in all.

    Returns:
        The `Features`.

    Raises:
        ValueError: the network cannot take these images; the cache would be
            too large, or is damaged; or an activation does not fit `dtype`.
    """
    folder = _folder(network, images, cache_dir, [*network.taps, dtype])
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

    def computed(batch):
        found = network.features(batch)
        return {
            name: _stored(network, name, found[name].numpy(), scale, dtype)
            for name, (_, scale) in scales.items()
        }

    return _written(folder, network, images, computed, batch_size, progress)


def logits_of(
    network,
    images,
    cache_dir,
    *,
    batch_size=100,
    progress=lambda done, total: None,
) -> np.ndarray:
    """float32 logits [images, classes], from the cache or in one pass."""
    folder = _folder(network, images, cache_dir, ["logits"])

    def computed(batch):
        return {"logits": network.logits(batch).numpy()}

    if folder.exists():
        found = Features(folder)
    else:
        found = _written(
            folder, network, images, computed, batch_size, progress
        )
    return np.array(found.tap("logits"))


def _folder(network, images, cache_dir, what):
    if tuple(images.image_shape) != network.image_shape:
        raise ValueError(
            f"{network.path} takes images of {network.image_shape}, and "
            f"{images.name} has {tuple(images.image_shape)} (height, width, "
            "channels)."
        )
    made_of = [
        network.fingerprint,
        what,
        images.name,
        list(images.pixels.shape),
        images.crc32,
    ]
    key = hashlib.sha256(json.dumps(made_of).encode()).hexdigest()[:16]
    name = "".join(c if c.isalnum() else "-" for c in images.name)
    return Path(cache_dir) / f"{name}-{key}"


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


def _stored(network, name, values, scale, dtype):
    if not np.isfinite(values).all():
        raise _not_finite(network, name)
    values = values * np.float32(scale)
    if np.abs(values).max() > np.finfo(dtype).max:
        raise ValueError(
            f"{network.path}: the activations of tap {name} differ too much "
            f"in size for {dtype}: --feature_dtype=float32."
        )
    return values.astype(dtype)


def _not_finite(network, name):
    return ValueError(
        f"{network.path}: tap {name} gives numbers that are not finite; this "
        "network cannot be probed."
    )


def _written(folder, network, images, computed, batch_size, progress):
    """Computes a cache in a folder of this process's own, then renames it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    room = tempfile.mkdtemp(
        prefix=f"{folder.name}.", suffix=".part", dir=folder.parent
    )
    try:
        files = _compute(Path(room), images, computed, batch_size, progress)
        made_by = {
            "fingerprint": network.fingerprint,
            "export": str(network.path),
            "images": images.name,
        }
        write_json(Path(room) / META, {"files": files, **made_by})
        if not folder.exists():
            Path(room).replace(folder)
        # Else another process was faster: its bytes are the same.
    except BaseException:
        shutil.rmtree(room, ignore_errors=True)
        if not any(folder.parent.iterdir()):
            folder.parent.rmdir()
        raise
    shutil.rmtree(room, ignore_errors=True)
    return Features(folder)


def _compute(room, images, computed, batch_size, progress):
    """Writes each feature's rows one after the other, as .npy files.

    Written, not mapped: a full disk is then an error and not a signal.
    """
    count, files, about = len(images), {}, {}
    try:
        for start in range(0, count, batch_size):
            found = computed(images.pixels[start : start + batch_size])
            for name, rows in found.items():
                if name not in files:
                    place = room / f"{len(files):02d}.npy"
                    about[name] = {
                        "file": place.name,
                        "shape": [count, *rows.shape[1:]],
                        "crc": 0,
                    }
                    files[name] = _npy(place, about[name]["shape"], rows.dtype)
                data = np.ascontiguousarray(rows)
                files[name].write(data)
                about[name]["crc"] = zlib.crc32(data, about[name]["crc"])
            progress(min(count, start + batch_size), count)
    finally:
        for file in files.values():
            file.close()
    return about


def _npy(path, shape, dtype):
    """An open .npy file of which the head is written."""
    file = path.open("wb")
    np.lib.format.write_array_header_1_0(
        file,
        {
            "descr": np.lib.format.dtype_to_descr(dtype),
            "fortran_order": False,
            "shape": tuple(shape),
        },
    )
    return file
