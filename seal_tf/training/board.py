"""What Keras' TensorBoard callback cannot know of a run."""

from __future__ import annotations

import keras
import tensorflow as tf


class GenerationBoard(keras.callbacks.Callback):
    """Shows generations in TensorBoard, beside Keras' own callback.

    An epoch: its phase as text, and the rate of each group of layers at its
    last step, negative where it ascends. Now and then, if wanted: the norms
    of each group's gradients and weights; see
    `seal_tf.training.norms.Norms`. Once: hyperparameters, for the HParams tab.

    Examples:
        >>> seal = SEALCallback(generations=4)
        >>> model.fit(x, y, epochs=160, callbacks=[
        ...     seal,
        ...     keras.callbacks.TensorBoard("logs/1"),
        ...     GenerationBoard(seal, "logs/1", norms_every=100)])

    Args:
        generations: The `GenerationCallback` of the fit, before this one in
            the list.
        log_dir: Folder of the logs; that of Keras' callback, so that both
            are one run.
        norms_every: Rhythm of the norms, in steps of an epoch; 0: none.
        hparams: Numbers, texts and booleans by name; others are written as
            text.
    """

    def __init__(self, generations, log_dir, norms_every=0, hparams=None):
        super().__init__()
        self._generations = generations
        self._log_dir = str(log_dir)
        self._every = norms_every
        self._hparams = hparams or {}
        self._writer = None

    def on_train_begin(self, logs=None):
        self._writer = tf.summary.create_file_writer(self._log_dir)
        self._norms = None
        if self._every:
            self._norms = self._generations.measure_norms(self._every)
        if self._hparams:
            from tensorboard.plugins.hparams import api

            plain = {n: _plain(v) for n, v in self._hparams.items()}
            with self._writer.as_default():
                api.hparams(plain, trial_id=self._log_dir)

    def on_epoch_begin(self, epoch, logs=None):
        plan = self._generations.plan.epoch(epoch)
        self._epoch, self._next = epoch, 0
        if self._norms is not None:
            self._norms.clear()
        with self._writer.as_default(epoch):
            tf.summary.text("phase", plan.title())

    def on_train_batch_end(self, batch, logs=None):
        # The value is asked for only where a step of ours has been among
        # those that were done since.
        if self._norms is None or batch < self._next:
            return
        self._next = batch - batch % self._every + self._every
        found = self._norms.read()
        if found is None:
            return
        step, norms = found
        steps = self.params.get("steps") or 0
        with self._writer.as_default(self._epoch * steps + step):
            for name, norm in norms.items():
                tf.summary.scalar(f"norm/{name}", norm)

    def on_epoch_end(self, epoch, logs=None):
        with self._writer.as_default(epoch):
            for group, rate in self._generations.rates.items():
                tf.summary.scalar(f"rate/{group}", rate)
        self._writer.flush()

    def on_train_end(self, logs=None):
        self._writer.close()


def _plain(value):
    known = isinstance(value, bool | int | float | str)
    return value if known else str(value)
