"""Measure what accurate decoding of JPEG files costs.

  python -m benchmarks.jpeg_decoding --data_dir=…/tiny-imagenet-200.zip

`pipelines` decodes with the transform INTEGER_ACCURATE, whose pixels are
those of Pillow. TensorFlow's default, INTEGER_FAST, is the baseline. Times
are CPU seconds of all threads, which other jobs of the machine change least.
"""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from PIL import Image

from benchmarks.arguments import create_parser
from benchmarks.interleaved_timing import time_interleaved
from benchmarks.result_file import create_row, write_result
from pipelines.io.decoding import DCT_METHOD

FAST = "INTEGER_FAST"
#: Images of 64x64, and photographs of (height, width), that are timed.
SMALL_COUNT = 2000
LARGE_COUNT = 60
LARGE_SIZE = (768, 1024)


def main() -> None:
    """Run the benchmark."""
    parser = create_parser(__doc__, rounds=41)
    parser.add_argument(
        "--data_dir", required=True, help="zip of Tiny-ImageNet"
    )
    arguments = parser.parse_args()
    small = _read_files(arguments.data_dir)
    large = [_enlarge(data) for data in small[:LARGE_COUNT]]
    height, width = LARGE_SIZE
    rows = []
    details: dict[str, Any] = {"clock": "CPU seconds of all threads"}
    for name, files in (
        ("64x64, from the zip", small),
        (f"{width}x{height}, enlarged photographs", large),
    ):
        times = time_interleaved(
            {method: _decode(files, method) for method in (FAST, DCT_METHOD)},
            arguments.rounds,
        )
        details[name] = times
        rows.append(
            create_row(
                f"decoding of {len(files):,} JPEG files of {name}, with "
                f"`{DCT_METHOD}`: CPU time",
                f"with `{FAST}`; the largest difference of a pixel is "
                f"{_largest_difference(files)} levels",
                times["ratio"][DCT_METHOD],
            )
        )
    write_result("jpeg_decoding", rows, details)


def _read_files(path: str) -> list[bytes]:
    with zipfile.ZipFile(path) as archive:
        names = [
            n
            for n in archive.namelist()
            if "/train/" in n and n.endswith(".JPEG")
        ]
        step = max(1, len(names) // SMALL_COUNT)
        return [archive.read(n) for n in names[::step][:SMALL_COUNT]]


def _enlarge(data: bytes) -> bytes:
    """Encode an enlarged image with some noise, as of a camera."""
    height, width = LARGE_SIZE
    image = Image.open(io.BytesIO(data)).convert("RGB")
    pixels = np.asarray(image.resize((width, height), Image.Resampling.BICUBIC))
    noise = np.random.default_rng(0).normal(0, 4, pixels.shape)
    noisy = np.clip(pixels + noise, 0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noisy).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def _decode(files: Sequence[bytes], method: str) -> Callable[[], float]:
    """Return a function that decodes all files and returns its CPU time."""
    dataset = tf.data.Dataset.from_tensor_slices(files).map(
        lambda data: tf.io.decode_jpeg(data, 3, dct_method=method),
        tf.data.AUTOTUNE,
    )

    def decode() -> float:
        start = time.process_time()
        for _ in dataset:
            pass
        return time.process_time() - start

    return decode


def _largest_difference(files: Sequence[bytes]) -> int:
    return max(
        int(
            np.abs(
                np.subtract(
                    *(
                        tf.io.decode_jpeg(data, 3, dct_method=method).numpy()
                        for method in (FAST, DCT_METHOD)
                    ),
                    dtype=np.int16,
                )
            ).max()
        )
        for data in files
    )


if __name__ == "__main__":
    main()
