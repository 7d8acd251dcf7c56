"""Load `.keras` files that a user provides."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras


def load_keras_model(path: str | Path, argument: str = "model") -> keras.Model:
    """Load a model without compiling it and without running code in the file.

    Args:
        path: The `.keras` file.
        argument: Name of the argument that holds `path`, for the error.

    Returns:
        The model.

    Raises:
        ValueError: The file does not exist, or Keras cannot load it.
    """
    import keras

    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ValueError(
            f"Argument `{argument}` must be a file that Keras can load "
            f"({reason}). Received: {argument}={path}"
        ) from error


def read_loss(path: str | Path) -> Any:
    """Read the loss that a model was compiled with, without loading it.

    Args:
        path: A `.keras` file.

    Returns:
        The loss in Keras' serialized form: a name, a dict or a list; None if
        the model was saved without being compiled.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            config = json.loads(archive.read("config.json"))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return None
    return (config.get("compile_config") or {}).get("loss")
