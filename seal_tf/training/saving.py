"""A model in a file, without what only training needs."""

from __future__ import annotations

from pathlib import Path

from seal_tf.training.loans import Loans


def save_bare(model, path) -> None:
    """Saves a model without its optimizer, beside and renamed.

    Keras saves a compiled model with its optimizer, slots and all, and could
    load it only where the optimizer's class is known.

    Args:
        model: The model, compiled or not; it stays as it is.
        path: The `.keras` file.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.stem + ".part.keras")
    loans = Loans()
    loans.lend(model, "compiled", False)
    loans.lend(model, "optimizer", None)
    try:
        model.save(beside)
    finally:
        loans.take_back()
    beside.replace(path)
