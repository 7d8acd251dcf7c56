"""The weights that a model with a moving average is validated with."""

from __future__ import annotations

import keras

from seal_tf.training.lent_optimizer import averaged


def measured_weights(model) -> list:
    """As `model.get_weights()`, trained weights replaced by their average.

    That is where the optimizer keeps one (`use_ema`); Keras' SwapEMAWeights
    puts it in the weights' place for each validation, and takes it out.
    """
    averages = {id(v): average for v, average in averaged(model.optimizer)}
    return [
        keras.ops.convert_to_numpy(averages.get(id(w), w))
        for w in model.weights
    ]
