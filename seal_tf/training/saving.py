"""A model in a file, without what only training needs."""

from __future__ import annotations

from pathlib import Path

from seal_tf.files import move_into_place
from seal_tf.training.loans import Loans


def save_bare(model, path) -> None:
    """Saves a model without its optimizer, beside and renamed.

    Keras saves a compiled model with its optimizer, slots and all, and could
    load it only where the optimizer's class is known.

    Args:
        model: The model, compiled or not; it stays as it is.
        path: The `.keras` file.

    Raises:
        OSError: it cannot be written; the file is named, and what was there
            before is still there.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Keras wants the name to end so.
    beside = path.with_name(path.stem + ".part.keras")
    loans = Loans()
    loans.lend(model, "compiled", False)
    loans.lend(model, "optimizer", None)
    try:
        model.save(beside)
    except OSError as error:
        beside.unlink(missing_ok=True)
        # HDF5 and zip do not name the file.
        raise OSError(error.errno, error.strerror or str(error), path) from None
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    finally:
        loans.take_back()
    move_into_place(beside, path)
