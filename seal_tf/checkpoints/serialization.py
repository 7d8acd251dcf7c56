"""Convert a `RunState` to one file and back.

The file is an `.npz` without pickle: the arrays of the state, and a JSON
header with everything else, its own CRC-32 and the format version.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import ml_dtypes  # noqa: F401  registers bfloat16 and float8 with NumPy
import numpy as np

from seal_tf.checkpoints.state import RunState

#: Version of the format. A reader accepts this version only.
FORMAT = 2
_ARRAY = "__array__"


class FormatError(ValueError):
    """The file is a checkpoint of another format version."""


def write_state(state: RunState, file: BinaryIO) -> None:
    """Write a state to an open binary file."""
    arrays: dict[str, np.ndarray] = {}

    def add_array(array: np.ndarray) -> dict[str, str]:
        name = f"array_{len(arrays):05d}"
        arrays[name] = _storable(array)
        return {_ARRAY: name, "dtype": array.dtype.name}

    content = {
        "format": FORMAT,
        "epoch": state.epoch,
        "step": state.step,
        "parts": _replace_arrays(state.parts, add_array),
    }
    header = json.dumps(content).encode()
    arrays["header"] = np.frombuffer(header, np.uint8)
    arrays["header_crc32"] = np.uint32(zlib.crc32(header))  # type: ignore[assignment]
    np.savez(file, **arrays)  # type: ignore[arg-type]


def read_state(source: str | Path | BinaryIO) -> RunState:
    """Read a state.

    Args:
        source: A file name or an open binary file.

    Returns:
        The state.

    Raises:
        FormatError: If the file has another format version.
        ValueError: If the file is damaged; the message names it.
        OSError: If the file cannot be opened or read.
    """
    if isinstance(source, str | Path):
        data = io.BytesIO(Path(source).read_bytes())
    else:
        data = io.BytesIO(source.read())
    try:
        return _parse(data)
    except FormatError as error:
        raise FormatError(f"{source}: {error}") from None
    except (
        zipfile.BadZipFile,
        EOFError,
        KeyError,
        NotImplementedError,
        TypeError,
        ValueError,
        zlib.error,
    ) as error:
        raise ValueError(f"{source}: damaged checkpoint ({error}).") from error


def _parse(data: io.BytesIO) -> RunState:
    if not zipfile.is_zipfile(data):
        raise ValueError("not an .npz file")
    data.seek(0)
    with np.load(data, allow_pickle=False) as file:
        arrays = dict(file)
    if "header" not in arrays and "head" in arrays:
        raise FormatError(_wrong_format(1))
    header = arrays.pop("header").tobytes()
    if zlib.crc32(header) != arrays.pop("header_crc32"):
        raise ValueError("the checksum of its header is wrong")
    content = json.loads(header)
    if content["format"] != FORMAT:
        raise FormatError(_wrong_format(content["format"]))
    return RunState(
        content["epoch"],
        content["step"],
        _insert_arrays(content["parts"], arrays),
    )


def _wrong_format(version: object) -> str:
    return (
        f"this checkpoint has format version {version}, and this version of "
        f"seal_tf reads version {FORMAT}. Resume with the version of seal_tf "
        "that wrote it, or train in another folder."
    )


def _replace_arrays(
    value: Any, add_array: Callable[[np.ndarray], dict[str, str]]
) -> Any:
    if isinstance(value, np.ndarray):
        return add_array(value)
    if isinstance(value, dict):
        return {k: _replace_arrays(v, add_array) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_replace_arrays(v, add_array) for v in value]
    return value


def _insert_arrays(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    if isinstance(value, dict):
        if _ARRAY in value:
            array = arrays[value[_ARRAY]]
            dtype = np.dtype(value["dtype"])
            return array if array.dtype == dtype else array.view(dtype)
        return {k: _insert_arrays(v, arrays) for k, v in value.items()}
    if isinstance(value, list):
        return [_insert_arrays(v, arrays) for v in value]
    return value


def _storable(array: np.ndarray) -> np.ndarray:
    """Store bfloat16 and float8, which .npz has no name for, as integers."""
    if array.dtype.kind == "V":
        return array.view(f"u{array.dtype.itemsize}")
    return array
