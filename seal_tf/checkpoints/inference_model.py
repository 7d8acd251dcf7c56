"""Save a model without what only training needs."""

from __future__ import annotations

from pathlib import Path

import keras

from seal_tf.utils.files import move_into_place
from seal_tf.utils.patching import AttributePatcher


def save_inference_model(model: keras.Model, path: str | Path) -> None:
    """Save a model without its optimizer, atomically.

    Keras saves a compiled model with its optimizer and slots, and can load
    that file only if the class of the optimizer is registered.

    Args:
        model: The model, compiled or not. It does not change.
        path: The `.keras` file.

    Raises:
        OSError: If the file cannot be written; the error names it. An earlier
            file is unchanged.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Keras requires a name that ends with .keras.
    temporary = path.with_name(path.stem + ".part.keras")
    patcher = AttributePatcher()
    patcher.patch(model, "compiled", False)
    patcher.patch(model, "optimizer", None)
    try:
        model.save(temporary)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        # Errors of HDF5 and zip do not name the file.
        raise OSError(error.errno, error.strerror or str(error), path) from None
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    finally:
        patcher.restore()
    move_into_place(temporary, path)
