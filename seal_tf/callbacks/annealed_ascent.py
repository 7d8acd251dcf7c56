"""Annealed ascent as a callback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras

from seal_tf.callbacks.method_callback import MethodCallback
from seal_tf.schedules import AnnealedAscent


@keras.saving.register_keras_serializable(package="seal_tf")
class AnnealedAscentCallback(MethodCallback):
    """Train with annealed ascent: steps ascend with a decaying probability.

    Example:
        >>> import keras
        >>> import numpy as np
        >>> from seal_tf import AnnealedAscentCallback
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
        >>> model.compile("adam", "mse")
        >>> history = model.fit(
        ...     np.ones((8, 4)), np.ones((8, 1)), epochs=4, verbose=0,
        ...     callbacks=[AnnealedAscentCallback(p0=0.3)])

    Args:
        p0: Probability of ascent at the first step, from 0 to 1. Defaults to
            0.5.
        q: Exponent of the decay, above 0. Defaults to 1.
        ascent_scale: S, the size of an ascent step as a fraction of the
            ordinary step. Defaults to 0.01.
        seed: Random seed. Defaults to 0.
        checkpoint_dir: See `SEALCallback`. Defaults to None.
        **settings: Further settings of `seal_tf.schedules.AnnealedAscent`.
    """

    def __init__(
        self,
        p0: float = 0.5,
        q: float = 1.0,
        *,
        ascent_scale: float = 0.01,
        seed: int = 0,
        checkpoint_dir: str | Path | None = None,
        **settings: Any,
    ) -> None:
        settings = {"generations": 1} | settings
        super().__init__(
            AnnealedAscent(
                p0=p0, q=q, ascent_scale=ascent_scale, seed=seed, **settings
            ),
            checkpoint_dir=checkpoint_dir,
        )
