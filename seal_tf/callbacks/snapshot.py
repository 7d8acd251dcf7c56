"""Snapshot ensembles as a callback."""

from __future__ import annotations

from pathlib import Path

import keras

from seal_tf.callbacks.method_callback import MethodCallback
from seal_tf.schedules import Snapshots


@keras.saving.register_keras_serializable(package="seal_tf")
class SnapshotCallback(MethodCallback):
    """Save a snapshot at the end of every cycle of a restarting cosine.

    (Huang et al., "Snapshot ensembles: train 1, get M for free", ICLR 2017,
    arXiv 1704.00109.) `seal_tf.probes.ensemble` averages their predictions.

    Example:
        >>> import keras
        >>> import numpy as np
        >>> from seal_tf import SnapshotCallback
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
        >>> model.compile("adam", "mse")
        >>> snapshots = SnapshotCallback(cycles=2)
        >>> history = model.fit(np.ones((8, 4)), np.ones((8, 1)), epochs=4,
        ...                     verbose=0, callbacks=[snapshots])
        >>> len(snapshots.snapshots)
        2

    Args:
        cycles: Number of cycles M; it must divide the epochs.
        learning_rate: Base rate of the cyclic cosine. None, the default, uses
            the optimizer's own rate.
        snapshot_dir: Folder of the snapshots. None, the default, keeps their
            weights in memory.
        checkpoint_dir: See `SEALCallback`. Without `snapshot_dir`, the
            snapshots are saved there, too. Defaults to None.
    """

    def __init__(
        self,
        cycles: int,
        *,
        learning_rate: float | None = None,
        snapshot_dir: str | Path | None = None,
        checkpoint_dir: str | Path | None = None,
    ) -> None:
        super().__init__(
            Snapshots(cycles=cycles, learning_rate=learning_rate),
            snapshot_dir=snapshot_dir,
            checkpoint_dir=checkpoint_dir,
        )
