"""Record which images a network classifies correctly after each epoch."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from seal_tf.utils.files import atomic_writer

SPLITS = ("train", "validation")


def write_epoch(
    folder: str | Path, epoch: int, correct: dict[str, np.ndarray]
) -> None:
    """Write the record of one epoch, with one bit for each image.

    Args:
        folder: Folder of the record; each epoch is a file.
        epoch: Epoch, from 0.
        correct: bool [images] for the keys "train" and "validation".
    """
    with atomic_writer(Path(folder) / f"epoch_{epoch:06d}.npz") as file:
        packed = {split: np.packbits(correct[split]) for split in SPLITS}
        counts = np.array([len(correct[split]) for split in SPLITS])
        np.savez(file, allow_pickle=False, images=counts, **packed)


def read_record(
    folder: str | Path, epochs: int | None = None
) -> dict[str, np.ndarray] | None:
    """Read the record of all epochs.

    Args:
        folder: Folder of the record.
        epochs: Number of epochs that the record must have. None accepts any
            number.

    Returns:
        bool [epochs, images] for each split, or None if the folder contains no
        record.

    Raises:
        ValueError: A file is damaged, or an epoch is missing.
    """
    files = sorted(Path(folder).glob("epoch_*.npz"))
    if not files:
        return None
    names = [f"epoch_{e:06d}.npz" for e in range(epochs or len(files))]
    if [file.name for file in files] != names:
        raise ValueError(
            f"{folder}: the learning record must have {len(names)} epochs "
            "without a gap."
        )
    rows: dict[str, list[np.ndarray]] = {split: [] for split in SPLITS}
    for file in files:
        try:
            with np.load(file, allow_pickle=False) as record:
                for split, count in zip(SPLITS, record["images"], strict=True):
                    bits = np.unpackbits(record[split], count=count)
                    rows[split].append(bits.astype(bool))
        except Exception as error:
            raise ValueError(f"{file}: the file is damaged ({error}).") from (
                error
            )
    return {split: np.stack(epochs) for split, epochs in rows.items()}


def first_correct_epoch(correct: np.ndarray) -> np.ndarray:
    """Return the first epoch after which an image is classified correctly.

    Args:
        correct: bool [epochs, images].

    Returns:
        int [images], from 0; the number of epochs for an image that the
        network never classifies correctly.
    """
    epochs = len(correct)
    return np.where(correct.any(0), correct.argmax(0), epochs)


def iteration_learned(correct: np.ndarray) -> np.ndarray:
    """Return the epoch from which an image is always classified correctly.

    Source: "iteration learned" of Baldock et al., NeurIPS 2021, for
    correctness.

    Args:
        correct: bool [epochs, images].

    Returns:
        int [images], from 0; the number of epochs if no such epoch exists.
    """
    wrong = ~correct[::-1]
    return len(correct) - np.where(wrong.any(0), wrong.argmax(0), len(correct))
