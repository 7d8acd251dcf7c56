"""Stochastic weight averaging as a callback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras

from seal_tf.callbacks.method_callback import MethodCallback
from seal_tf.schedules import SWA


@keras.saving.register_keras_serializable(package="seal_tf")
class SWACallback(MethodCallback):
    """Average the weights of the last epochs or generations.

    (Izmailov et al., "Averaging weights leads to wider optima and better
    generalization", UAI 2018, arXiv 1803.05407.) The model keeps its plain
    weights; `averaged_model` returns a copy with the averaged ones.

    Example:
        >>> import keras
        >>> import numpy as np
        >>> from seal_tf import SWACallback
        >>> model = keras.Sequential([
        ...     keras.Input((4,)), keras.layers.Dense(8),
        ...     keras.layers.BatchNormalization(), keras.layers.Dense(1)])
        >>> model.compile("adam", "mse")
        >>> callback = SWACallback(generations=1, count=2)
        >>> x, y = np.ones((8, 4)), np.ones((8, 1))
        >>> history = model.fit(x, y, epochs=4, verbose=0, callbacks=[callback])
        >>> averaged = callback.averaged_model([(x, y)])

    Args:
        generations: Number of generations G. Pass this or
            `epochs_per_generation`.
        epochs_per_generation: Epochs per generation E.
        average: "epochs" or "generations"; see `seal_tf.schedules.SWA`.
            Defaults to "epochs".
        count: Number of averaged weights. Defaults to a quarter of the epochs
            of a generation, at least 2, or to all generations.
        checkpoint_dir: See `SEALCallback`. Defaults to None.
        **settings: `min_rate`; see `seal_tf.schedules.SWA`.
            `first_generation`, `learning_rate`, `warmup_epochs`,
            `decay_epochs`, `reset_optimizer`; see `SEALCallback`.
    """

    def __init__(
        self,
        generations: int | None = None,
        epochs_per_generation: int | None = None,
        *,
        average: str = "epochs",
        count: int | None = None,
        checkpoint_dir: str | Path | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(
            SWA(
                generations=generations,
                epochs_per_generation=epochs_per_generation,
                average=average,
                count=count,
                **settings,
            ),
            checkpoint_dir=checkpoint_dir,
        )
