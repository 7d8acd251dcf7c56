"""FreezeOut as a callback."""

from __future__ import annotations

from pathlib import Path

import keras

from seal_tf.callbacks.method_callback import MethodCallback
from seal_tf.schedules import FreezeOut


@keras.saving.register_keras_serializable(package="seal_tf")
class FreezeOutCallback(MethodCallback):
    """Train with FreezeOut: freeze layers progressively to save time.

    (Brock et al., "FreezeOut: accelerate training by progressively freezing
    layers", 2017, arXiv 1706.04983.)

    Example:
        >>> import keras
        >>> import numpy as np
        >>> from seal_tf import FreezeOutCallback
        >>> model = keras.Sequential([
        ...     keras.Input((4,)), keras.layers.Dense(8),
        ...     keras.layers.Dense(1)])
        >>> model.compile("adam", "mse")
        >>> history = model.fit(
        ...     np.ones((8, 4)), np.ones((8, 1)), epochs=4, verbose=0,
        ...     callbacks=[FreezeOutCallback(t0=0.5)])

    Args:
        t0: Freezing time of the first group before the exponent, above 0 and
            at most 1. Defaults to 0.8.
        decay: Exponent of the freezing times: "linear", "squared" or
            "cubic". Defaults to "cubic".
        scaled: Whether groups that freeze early get a higher rate. Defaults
            to True.
        grouping: "blocks", "stages" or "layers". Defaults to "blocks".
        learning_rate: Base rate. None, the default, anneals the optimizer's
            own rate.
        checkpoint_dir: See `SEALCallback`. Defaults to None.
    """

    def __init__(
        self,
        t0: float = 0.8,
        decay: str = "cubic",
        scaled: bool = True,
        *,
        grouping: str = "blocks",
        learning_rate: float | None = None,
        checkpoint_dir: str | Path | None = None,
    ) -> None:
        super().__init__(
            FreezeOut(
                t0=t0,
                decay=decay,
                scaled=scaled,
                grouping=grouping,
                learning_rate=learning_rate,
            ),
            checkpoint_dir=checkpoint_dir,
        )
