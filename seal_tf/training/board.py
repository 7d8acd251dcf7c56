"""What Keras' TensorBoard callback cannot know of a run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import tensorflow as tf

if TYPE_CHECKING:
    from seal_tf.training.callback import GenerationCallback


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
            text, and None is left out.
    """

    def __init__(
        self,
        generations: GenerationCallback,
        log_dir: str | Path,
        norms_every: int = 0,
        hparams: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__()
        self._generations = generations
        self._log_dir = str(log_dir)
        self._every = norms_every
        self._hparams = hparams or {}
        self._writer: Any = None
        self._norms: Any = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._writer = tf.summary.create_file_writer(self._log_dir)
        self._norms = None
        if self._every:
            self._norms = self._generations.measure_norms(self._every)
        if self._hparams:
            from tensorboard.plugins.hparams import api

            plain = {
                name: _plain(value)
                for name, value in self._hparams.items()
                if value is not None
            }
            with self._writer.as_default():
                api.hparams(plain, trial_id=self._log_dir)

    def on_epoch_begin(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        plan = self._generations.plan.epoch(epoch)
        self._epoch, self._next = epoch, 0
        if self._norms is not None:
            self._norms.clear()
        with self._writer.as_default(epoch):
            tf.summary.text("phase", plan.title())

    def on_train_batch_end(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
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

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        with self._writer.as_default(epoch):
            for group, rate in self._generations.rates.items():
                tf.summary.scalar(f"rate/{group}", rate)
        self._writer.flush()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self._writer.close()


def _plain(value: Any) -> Any:
    known = isinstance(value, bool | int | float | str)
    return value if known else str(value)
