"""Shrink and perturb as a callback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras

from seal_tf.callbacks.method_callback import MethodCallback
from seal_tf.schedules import ShrinkPerturb


@keras.saving.register_keras_serializable(package="seal_tf")
class ShrinkPerturbCallback(MethodCallback):
    """Shrink the weights and add fresh initial ones in every generation.

    (Ash and Adams, "On warm-starting neural network training", NeurIPS 2020,
    arXiv 1910.08475.)

    Example:
        >>> import keras
        >>> import numpy as np
        >>> from seal_tf import ShrinkPerturbCallback
        >>> model = keras.Sequential([
        ...     keras.Input((4,)), keras.layers.Dense(8, "relu"),
        ...     keras.layers.Dense(1)])
        >>> model.compile("adam", "mse")
        >>> history = model.fit(
        ...     np.ones((8, 4)), np.ones((8, 1)), epochs=4, verbose=0,
        ...     callbacks=[ShrinkPerturbCallback(generations=2)])

    Args:
        generations: Number of generations G. Pass this or
            `epochs_per_generation`.
        epochs_per_generation: Epochs per generation E.
        shrink: Factor of the weights. Defaults to 0.4.
        perturb: Factor of the fresh draw. Defaults to 0.1.
        checkpoint_dir: See `SEALCallback`. Defaults to None.
        **settings: `layers`, `split_at` and `seed`; see
            `seal_tf.schedules.ShrinkPerturb`. `first_generation`,
            `learning_rate`, `warmup_epochs`, `decay_epochs`,
            `reset_optimizer`; see `SEALCallback`.
    """

    def __init__(
        self,
        generations: int | None = None,
        epochs_per_generation: int | None = None,
        *,
        shrink: float = 0.4,
        perturb: float = 0.1,
        checkpoint_dir: str | Path | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(
            ShrinkPerturb(
                generations=generations,
                epochs_per_generation=epochs_per_generation,
                shrink=shrink,
                perturb=perturb,
                **settings,
            ),
            checkpoint_dir=checkpoint_dir,
        )
