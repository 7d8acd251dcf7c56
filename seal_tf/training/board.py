"""What Keras' TensorBoard callback cannot know of a run."""

from __future__ import annotations

import numbers
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import tensorflow as tf

from seal_tf.training.distribution import is_chief

if TYPE_CHECKING:
    from seal_tf.training.callback import GenerationCallback


class GenerationBoard(keras.callbacks.Callback):
    """Shows generations in TensorBoard, beside Keras' own callback.

    An epoch: its phase as text, and the rate of each group of layers at its
    last step, negative where it ascends. Now and then, if wanted: the norms
    of each group's gradients and weights; see
    `seal_tf.training.norms.Norms`. Once: hyperparameters, for the HParams tab.
    Of several machines all have to have it, and the chief writes.

    Examples:
        >>> seal = SEALCallback(generations=4)
        >>> model.fit(x, y, epochs=160, callbacks=[
        ...     seal,
        ...     keras.callbacks.TensorBoard("logs/1"),
        ...     GenerationBoard(seal, "logs/1", norms_every=100)])

    Args:
        generations: The `GenerationCallback` of the fit, before this one in
            the list.
        log_dir: Folder of the logs. Give that of Keras' callback, which
            writes to `train` and `validation` in it: the HParams tab then
            shows the metrics beside the settings.
        norms_every: Rhythm of the norms, in steps of an epoch; 0: none.
        hparams: Numbers, texts and booleans by name; others are written as
            text, and None is left out.

    Raises:
        ValueError: as fit begins, if it stands before `generations`.
    """

    def __init__(
        self,
        generations: GenerationCallback,
        log_dir: str | Path,
        norms_every: int = 0,
        hparams: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__()
        if norms_every < 0:
            raise ValueError(
                "`norms_every` is a number of steps, 0 for no norms. "
                f"Received: {norms_every}"
            )
        self._generations = generations
        self._log_dir = str(log_dir)
        self._every = norms_every
        self._hparams = hparams or {}
        self._writer: Any = None
        self._norms: Any = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        if not self._generations.in_fit:
            raise ValueError(
                "GenerationBoard shows a callback of the same fit that stands "
                "before it in the list: callbacks=[seal, GenerationBoard(seal, "
                "...)]."
            )
        self._writer = tf.summary.create_noop_writer()
        if is_chief(self.model.distribute_strategy):
            self._writer = tf.summary.create_file_writer(self._log_dir)
        self._norms = None
        if self._every:
            # A variable, which all machines have to make.
            self._norms = self._generations.measure_norms(self._every)
        if self._hparams:
            from tensorboard.plugins.hparams import api

            plain = {
                name: _plain(value)
                for name, value in self._hparams.items()
                if value is not None
            }
            with self._writer.as_default(0):
                api.hparams(plain, trial_id=self._log_dir)

    def on_epoch_begin(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        plan = self._generations.plan.epoch(epoch)
        steps = self.params.get("steps")
        # Where nobody knows the steps of an epoch, those that were counted.
        self._first = (
            epoch * steps if steps else int(self.model.optimizer.iterations)
        )
        self._next, self._written = 0, -1
        if self._norms is not None:
            self._norms.clear()
        with self._writer.as_default(epoch):
            tf.summary.text("phase", plan.title())

    def on_train_batch_end(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        # The value is asked for only where a step of ours may have been
        # among those that were done since.
        if self._norms is None or batch < self._next:
            return
        self._next = batch - batch % self._every + self._every
        step, norms = self._norms.read()
        if step <= self._written:
            return
        self._written = step
        with self._writer.as_default(self._first + step):
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


def _plain(value: object) -> bool | int | float | str:
    if isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, numbers.Real):
        # One of NumPy's.
        return float(value)
    return str(value)
