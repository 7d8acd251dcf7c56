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
    """Write a state to an open binary file.

    Args:
        state: The state.
        file: The file.

    Raises:
        ValueError: A part has a value that is neither a JSON value nor an
            array of numbers or strings; the message names the part.
    """
    arrays: dict[str, np.ndarray] = {}

    def add_array(array: np.ndarray) -> dict[str, str]:
        name = f"array_{len(arrays):05d}"
        arrays[name] = _storable(array)
        # Only `dtype.name` tells bfloat16 and float8, and it is not a type for
        # strings.
        is_own = array.dtype.kind != "V"
        dtype = array.dtype.str if is_own else array.dtype.name
        return {_ARRAY: name, "dtype": dtype}

    content = {
        "format": FORMAT,
        "epoch": state.epoch,
        "step": state.step,
        "parts": {
            name: _replace_arrays(part, add_array, name)
            for name, part in state.parts.items()
        },
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
        # A damaged flag of a member reads as "encrypted", or as an unknown
        # compression.
        RuntimeError,
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
    value: Any, add_array: Callable[[np.ndarray], dict[str, str]], part: str
) -> Any:
    """Return a value as JSON, with its arrays stored elsewhere."""
    if isinstance(value, np.generic) and value.dtype.kind in "biufSU":
        value = value.item()
    if isinstance(value, np.ndarray) and value.dtype.kind != "O":
        return add_array(value)
    if isinstance(value, dict) and all(isinstance(k, str) for k in value):
        return {
            k: _replace_arrays(v, add_array, part) for k, v in value.items()
        }
    if isinstance(value, list | tuple):
        return [_replace_arrays(v, add_array, part) for v in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    kind = type(value).__name__
    if isinstance(value, np.ndarray):
        kind = "array of objects"
    elif isinstance(value, dict):
        kind = "dict whose keys are not all str"
    raise ValueError(
        f"the state of {part!r} must consist of JSON values and arrays of "
        f"numbers or strings. Received: {kind}"
    )


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
