"""A schedule of the L2 as a callback."""

from __future__ import annotations

from pathlib import Path

import keras

from seal_tf.callbacks.method_callback import MethodCallback
from seal_tf.schedules import L2Schedule


@keras.saving.register_keras_serializable(package="seal_tf")
class L2ScheduleCallback(MethodCallback):
    """Change the L2 or the weight decay of the optimizer during training.

    To combine it with a method, add the schedules:
    `GenerationCallback(SEAL(...) + L2Schedule(...))`.

    Example:
        >>> import keras
        >>> import numpy as np
        >>> from seal_tf import L2ScheduleCallback
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
        >>> model.compile(keras.optimizers.AdamW(weight_decay=0.1), "mse")
        >>> history = model.fit(
        ...     np.ones((8, 4)), np.ones((8, 1)), epochs=4, verbose=0,
        ...     callbacks=[L2ScheduleCallback("linear", start=2, end=0)])

    Args:
        shape: "constant" or "linear" over the fit. ("rate" requires a method
            with its own learning rate.) Defaults to "linear".
        start: Factor of the L2 in the first epoch, at least 0. Defaults to 1.
        end: Factor in the last epoch of a linear schedule, at least 0.
            Defaults to 0.
        checkpoint_dir: See `SEALCallback`. Defaults to None.

    Raises:
        ValueError: At the start of fit, if the optimizer has no L2 and no
            weight decay.
    """

    def __init__(
        self,
        shape: str = "linear",
        start: float = 1.0,
        end: float = 0.0,
        *,
        checkpoint_dir: str | Path | None = None,
    ) -> None:
        super().__init__(
            L2Schedule(shape=shape, start=start, end=end),
            checkpoint_dir=checkpoint_dir,
        )
