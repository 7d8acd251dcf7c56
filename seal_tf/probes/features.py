"""Compute the features of a data set in one pass and cache them on disk.

A cache is a folder. Its name is a hash of the network's files, the images,
the taps and the dtype, so a changed network or changed images never read
stale features.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
import tempfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from seal_tf.utils.files import write_json
from seal_tf.utils.progress import ProgressCallback, ignore_progress

if TYPE_CHECKING:
    from pipelines.images import Images
    from seal_tf.probes.network import Network

INDEX_FILE = "features.json"
#: Accepted dtypes of cached features.
FEATURE_DTYPES = ("float16", "float32")


@dataclasses.dataclass(frozen=True)
class CacheSettings:
    """Where and how features are cached.

    Args:
        folder: Folder of all caches.
        feature_dtype: "float16" or "float32", on disk.
        batch_size: Images in a batch.
        cache_gb: Largest size of one cache in gigabytes. None sets no limit.
    """

    folder: Path
    feature_dtype: str = "float16"
    batch_size: int = 100
    cache_gb: float | None = None


class Features:
    """Features of one split on disk, read one tap at a time.

    Args:
        folder: The cache.

    Raises:
        ValueError: The cache is damaged.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        file = self.folder / INDEX_FILE
        try:
            self._files = json.loads(file.read_text())["files"]
            self.taps: tuple[str, ...] = tuple(self._files)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _damaged(
                self.folder, f"{INDEX_FILE} cannot be read"
            ) from error

    def tap(self, name: str) -> np.ndarray:
        """Return the features of one tap as a memory map.

        The features are scaled by a power of two, which is the same for all
        images of a network, so that the largest are about 1. Without the
        scale, float16 would lose very small and very large values. No probe
        depends on the scale of a tap.

        Args:
            name: Name of the tap.

        Returns:
            [images, features].

        Raises:
            ValueError: The file differs from what was written.
        """
        entry = self._files[name]
        # Only the file name counts: the index cannot point outside the cache.
        file = self.folder / Path(entry["file"]).name
        try:
            features = np.load(file, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise _damaged(self.folder, f"{file.name}: {error}") from error
        if (
            list(features.shape) != entry["shape"]
            or _crc(features) != entry["crc"]
        ):
            raise _damaged(
                self.folder, f"{file.name} differs from what was written"
            )
        return features


def _damaged(folder: Path, reason: str) -> ValueError:
    return ValueError(
        f"{folder}: damaged cache of features ({reason}); delete this folder "
        "and rerun."
    )


def _crc(array: np.ndarray) -> int:
    crc = 0
    for start in range(0, len(array), 4096):
        block = np.ascontiguousarray(array[start : start + 4096])
        crc = zlib.crc32(block.data, crc)
    return crc


#: Computes the arrays to cache from a batch of uint8 images.
_BatchFunction = Callable[[np.ndarray], dict[str, np.ndarray]]


def compute_features(
    network: Network,
    images: Images,
    cache: CacheSettings,
    progress: ProgressCallback = ignore_progress,
) -> Features:
    """Read the features of all taps from the cache, or compute them.

    Args:
        network: The exported network.
        images: The images of one split.
        cache: Where and how the features are cached.
        progress: Called with the number of completed images and of all
            images.

    Returns:
        The features.

    Raises:
        ValueError: The network does not accept the images; the cache would
            be larger than `cache_gb`, or is damaged; or an activation does
            not fit `feature_dtype`.
    """
    dtype = cache.feature_dtype
    folder = _cache_folder(network, images, cache, [*network.taps, dtype])
    if folder.exists():
        return Features(folder)
    scales = _tap_scales(network)
    size = (
        len(images)
        * sum(width for width, _ in scales.values())
        * np.dtype(dtype).itemsize
        / 1e9
    )
    if cache.cache_gb is not None and size > cache.cache_gb:
        raise ValueError(
            f"Argument `cache_gb` must be at least {size:.2g} for the features "
            f"of {len(images):,} images at {len(scales)} taps as {dtype}. "
            "Increase it, set `feature_dtype` to float16, or export fewer "
            f"`taps`. Received: cache_gb={cache.cache_gb:.2g}."
        )

    def compute_batch(batch: np.ndarray) -> dict[str, np.ndarray]:
        activations = network.features(batch)
        return {
            name: _to_dtype(
                network, name, activations[name].numpy(), scale, dtype
            )
            for name, (_, scale) in scales.items()
        }

    return _write_cache(
        folder, network, images, compute_batch, cache.batch_size, progress
    )


def compute_logits(
    network: Network,
    images: Images,
    cache: CacheSettings,
    progress: ProgressCallback = ignore_progress,
) -> np.ndarray:
    """Read the logits of all images from the cache, or compute them.

    Args:
        network: The exported network, which must have a classifier.
        images: The images of one split.
        cache: Where the logits are cached. Their dtype is always float32.
        progress: Called with the number of completed images and of all
            images.

    Returns:
        float32 [images, classes].
    """
    folder = _cache_folder(network, images, cache, ["logits"])

    def compute_batch(batch: np.ndarray) -> dict[str, np.ndarray]:
        return {"logits": network.logits(batch).numpy()}

    if folder.exists():
        features = Features(folder)
    else:
        features = _write_cache(
            folder, network, images, compute_batch, cache.batch_size, progress
        )
    return np.array(features.tap("logits"))


def _cache_folder(
    network: Network,
    images: Images,
    cache: CacheSettings,
    contents: Sequence[str],
) -> Path:
    if tuple(images.image_shape) != network.image_shape:
        raise ValueError(
            f"{network.path} accepts images of {network.image_shape}, and "
            f"{images.name} has {tuple(images.image_shape)} (height, width, "
            "channels)."
        )
    origin = [
        network.fingerprint,
        contents,
        images.name,
        list(images.pixels.shape),
        images.crc32,
    ]
    key = hashlib.sha256(json.dumps(origin).encode()).hexdigest()[:16]
    name = "".join(c if c.isalnum() else "-" for c in images.name)
    return Path(cache.folder) / f"{name}-{key}"


def _tap_scales(network: Network) -> dict[str, tuple[int, float]]:
    """Return (features, scale) of each tap, from a fixed batch of noise.

    The scale does not depend on the images, because training and test
    features must have the same scale.
    """
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (8, *network.image_shape), np.uint8)
    activations = network.features(noise)
    scales = {}
    for name in network.taps:
        values = activations[name].numpy()
        largest = np.abs(values).max()
        if not np.isfinite(largest):
            raise _not_finite(network, name)
        power = -np.round(np.log2(largest)) if largest else 0
        scales[name] = (values.shape[1], float(2.0 ** np.clip(power, -60, 60)))
    return scales


def _to_dtype(
    network: Network, name: str, values: np.ndarray, scale: float, dtype: str
) -> np.ndarray:
    if not np.isfinite(values).all():
        raise _not_finite(network, name)
    values = values * np.float32(scale)
    if np.abs(values).max() > np.finfo(dtype).max:
        raise ValueError(
            f"{network.path}: the range of the activations of tap {name} is "
            f"too large for {dtype}. Argument `feature_dtype` must be float32. "
            f"Received: feature_dtype={dtype}."
        )
    return values.astype(dtype)


def _not_finite(network: Network, name: str) -> ValueError:
    return ValueError(
        f"{network.path}: tap {name} outputs values that are not finite, so "
        "this network cannot be probed."
    )


def _write_cache(
    folder: Path,
    network: Network,
    images: Images,
    compute_batch: _BatchFunction,
    batch_size: int,
    progress: ProgressCallback,
) -> Features:
    """Compute a cache in a temporary folder, then rename the folder."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(
        tempfile.mkdtemp(
            prefix=f"{folder.name}.", suffix=".part", dir=folder.parent
        )
    )
    try:
        files = _write_arrays(
            temporary, images, compute_batch, batch_size, progress
        )
        origin = {
            "fingerprint": network.fingerprint,
            "export": str(network.path),
            "images": images.name,
        }
        write_json(temporary / INDEX_FILE, {"files": files, **origin})
        # If another process was faster, its files are identical.
        if not folder.exists():
            temporary.replace(folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        if not any(folder.parent.iterdir()):
            folder.parent.rmdir()
        raise
    shutil.rmtree(temporary, ignore_errors=True)
    return Features(folder)


def _write_arrays(
    folder: Path,
    images: Images,
    compute_batch: _BatchFunction,
    batch_size: int,
    progress: ProgressCallback,
) -> dict[str, dict[str, Any]]:
    """Append the rows of each array to its .npy file, batch by batch.

    Writing instead of memory mapping makes a full disk an exception and not
    a signal.
    """
    count = len(images)
    files: dict[str, BinaryIO] = {}
    index: dict[str, dict[str, Any]] = {}
    try:
        for start in range(0, count, batch_size):
            arrays = compute_batch(images.pixels[start : start + batch_size])
            for name, rows in arrays.items():
                if name not in files:
                    path = folder / f"{len(files):02d}.npy"
                    index[name] = {
                        "file": path.name,
                        "shape": [count, *rows.shape[1:]],
                        "crc": 0,
                    }
                    files[name] = _open_npy(
                        path, index[name]["shape"], rows.dtype
                    )
                data = np.ascontiguousarray(rows).data
                files[name].write(data)
                index[name]["crc"] = zlib.crc32(data, index[name]["crc"])
            progress(min(count, start + batch_size), count)
    finally:
        for file in files.values():
            file.close()
    return index


def _open_npy(path: Path, shape: Sequence[int], dtype: np.dtype) -> BinaryIO:
    """Open a .npy file and write its header."""
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
