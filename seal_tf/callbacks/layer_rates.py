"""Layer-wise learning rates as a callback."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import keras

from seal_tf.callbacks.method_callback import MethodCallback
from seal_tf.schedules import LayerRates


@keras.saving.register_keras_serializable(package="seal_tf")
class LayerRatesCallback(MethodCallback):
    """Train each layer with its own fraction of the learning rate.

    It supports any optimizer whose step is proportional to its learning rate.
    To combine it with a method, add the schedules:
    `GenerationCallback(SEAL(...) + LayerRates(...))`.

    Example:
        >>> import keras
        >>> import numpy as np
        >>> from seal_tf import LayerRatesCallback
        >>> model = keras.Sequential([
        ...     keras.Input((4,)), keras.layers.Dense(8, name="first"),
        ...     keras.layers.Dense(1, name="last")])
        >>> model.compile("adam", "mse")
        >>> rates = LayerRatesCallback(factors={"first": 0.1})
        >>> history = model.fit(
        ...     np.ones((8, 4)), np.ones((8, 1)), epochs=2, verbose=0,
        ...     callbacks=[rates])
        >>> {path: f"{rate:.4f}" for path, rate in rates.layer_rates.items()}
        {'first': '0.0001', 'last': '0.0010'}

    Args:
        decay: Factor from one depth to the one before it. None, the default,
            is 0.8, or 1 with `factors`.
        factors: Factors by the name, or the start of the name, of layers: a
            dict, a text "conv1:0.1,predictions:2" or a function of the path
            of a layer. Defaults to None.
        depth: Unit of the depth: "blocks", "stages" or "layers". Defaults to
            "blocks".
        checkpoint_dir: See `SEALCallback`. Defaults to None.

    Raises:
        ValueError: At the start of fit, if the model is not built, or a name
            matches no layer.
    """

    def __init__(
        self,
        decay: float | None = None,
        factors: Mapping[str, float]
        | Callable[[str], float]
        | str
        | None = None,
        *,
        depth: str = "blocks",
        checkpoint_dir: str | Path | None = None,
    ) -> None:
        super().__init__(
            LayerRates(decay=decay, factors=factors, depth=depth),
            checkpoint_dir=checkpoint_dir,
        )
