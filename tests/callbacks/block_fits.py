"""Fits of a small network of blocks on digits."""

import keras

from seal_tf import GenerationCallback
from seal_tf.checkpoints.variables import values
from tests import methods
from tests.training import nets


def compiled_blocks(optimizer=None):
    """Return the network of blocks, compiled."""
    model = nets.blocks()
    model.compile(
        optimizer or keras.optimizers.SGD(0.05, 0.9, weight_decay=1e-3),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def fit_schedule(model, schedule, digits, epochs=methods.EPOCHS, **options):
    """Fit with a schedule; return the logs and the callback."""
    callback = GenerationCallback(schedule)
    history = model.fit(
        *digits,
        batch_size=16,
        epochs=epochs,
        verbose=0,
        callbacks=[callback, *options.pop("callbacks", ())],
        **options,
    )
    return history.history, callback


class WeightRecorder(keras.callbacks.Callback):
    """Record the weights at the start and at the end of every epoch."""

    def __init__(self):
        super().__init__()
        self.begin, self.end = [], []

    def _weights(self):
        paths = [v.path for v in self.model.weights]
        return dict(zip(paths, values(self.model.weights), strict=True))

    def on_epoch_begin(self, epoch, logs=None):
        self.begin.append(self._weights())

    def on_epoch_end(self, epoch, logs=None):
        self.end.append(self._weights())
