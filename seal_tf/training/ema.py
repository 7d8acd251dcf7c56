"""The weights with which a model with a moving average is validated."""

from __future__ import annotations

import keras
import numpy as np

from seal_tf.checkpoints.variables import values
from seal_tf.training.optimizer_patch import moving_averages


def validation_weights(model: keras.Model) -> list[np.ndarray]:
    """Return `model.get_weights()` with averages in place of trained weights.

    If the optimizer keeps a moving average (`use_ema`), Keras'
    SwapEMAWeights validates with these weights.
    """
    averages = {
        id(v): average for v, average in moving_averages(model.optimizer)
    }
    return values([averages.get(id(w), w) for w in model.weights])
