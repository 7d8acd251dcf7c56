"""SAM as a callback."""

from __future__ import annotations

from pathlib import Path

import keras

from seal_tf.callbacks.method_callback import MethodCallback
from seal_tf.schedules import SAM


@keras.saving.register_keras_serializable(package="seal_tf")
class SAMCallback(MethodCallback):
    """Train with sharpness-aware minimization (SAM).

    (Foret et al., "Sharpness-aware minimization for efficiently improving
    generalization", ICLR 2021, arXiv 2010.01412.) To combine it with a
    method, add the schedules: `GenerationCallback(SEAL(...) + SAM())`.

    Example:
        >>> import keras
        >>> import numpy as np
        >>> from seal_tf import SAMCallback
        >>> model = keras.Sequential([
        ...     keras.Input((4,)), keras.layers.Dense(8),
        ...     keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> history = model.fit(
        ...     np.ones((8, 4)), np.ones((8, 1)), epochs=2, verbose=0,
        ...     callbacks=[SAMCallback(rho=0.05)])

    Args:
        rho: Radius of the perturbation, above 0. Defaults to 0.05.
        checkpoint_dir: See `SEALCallback`. Defaults to None.

    Raises:
        ValueError: At the start of fit, if the optimizer accumulates
            gradients, or the model has a train step of its own.
    """

    def __init__(
        self,
        rho: float = 0.05,
        *,
        checkpoint_dir: str | Path | None = None,
    ) -> None:
        super().__init__(SAM(rho=rho), checkpoint_dir=checkpoint_dir)
