"""Which images a network has right after each epoch of its training."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from seal_tf.files import replaced

SPLITS = ("train", "validation")


def write(folder, epoch: int, correct: dict[str, np.ndarray]) -> None:
    """Writes an epoch's record, a bit an image.

    Args:
        folder: Where all epochs lie, a file each.
        epoch: Counted from 0.
        correct: bool [images] of "train" and "validation".
    """
    with replaced(Path(folder) / f"epoch_{epoch:06d}.npz") as file:
        packed = {split: np.packbits(correct[split]) for split in SPLITS}
        counts = np.array([len(correct[split]) for split in SPLITS])
        np.savez(file, allow_pickle=False, images=counts, **packed)


def read(folder, epochs: int | None = None) -> dict[str, np.ndarray] | None:
    """bool [epochs, images] of each split; None where nothing was recorded.

    Args:
        folder: As it was written.
        epochs: How many there must be; None: as many as there are.

    Raises:
        ValueError: a file is damaged, or epochs are missing.
    """
    files = sorted(Path(folder).glob("epoch_*.npz"))
    if not files:
        return None
    names = [f"epoch_{e:06d}.npz" for e in range(epochs or len(files))]
    if [file.name for file in files] != names:
        raise ValueError(f"{folder}: not the record of {len(names)} epochs.")
    found: dict[str, list] = {split: [] for split in SPLITS}
    for file in files:
        try:
            with np.load(file, allow_pickle=False) as record:
                for split, count in zip(SPLITS, record["images"], strict=True):
                    bits = np.unpackbits(record[split], count=count)
                    found[split].append(bits.astype(bool))
        except Exception as error:
            raise ValueError(f"{file}: damaged ({error}).") from error
    return {split: np.stack(rows) for split, rows in found.items()}


def first_correct(correct) -> np.ndarray:
    """Epoch after which an image is first classified correctly.

    Args:
        correct: bool [epochs, images].

    Returns:
        int [images], from 0; the number of epochs where it never is.
    """
    epochs = len(correct)
    return np.where(correct.any(0), correct.argmax(0), epochs)


def correct_for_good(correct) -> np.ndarray:
    """Epoch from which on an image is always classified correctly.

    "Iteration learned" (Baldock et al., NeurIPS 2021), of correctness.

    Args:
        correct: bool [epochs, images].

    Returns:
        int [images], from 0; the number of epochs where there is none.
    """
    wrong = ~correct[::-1]
    return len(correct) - np.where(wrong.any(0), wrong.argmax(0), len(correct))
