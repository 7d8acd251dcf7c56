"""Show generations in TensorBoard."""

from __future__ import annotations

import numbers
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras

from seal_tf.backends import get_backend
from seal_tf.callbacks.generation import GenerationCallback
from seal_tf.callbacks.progress import headline_metric
from seal_tf.utils.event_writer import EventWriter


class GenerationTensorBoard(keras.callbacks.Callback):
    """Show generations in TensorBoard, beside Keras' own callback.

    For each epoch: its phase as text, and the learning rate of each layer
    group (and of each layer, if layers have their own) at the last step,
    negative during ascent. Optionally every few
    steps: the norms of each group's gradients and weights
    (`seal_tf.training.gradient_norms.GradientNorms`). Once: hyperparameters,
    for the HParams tab, which shows them beside the validation accuracy (or
    the metric that the printed progress shows). With several machines, every
    machine needs the callback, and the chief writes.

    Example:
        >>> import tempfile
        >>> import keras
        >>> import numpy as np
        >>> from seal_tf import GenerationTensorBoard, SEALCallback
        >>> model = keras.Sequential([
        ...     keras.Input((4,)), keras.layers.Dense(8),
        ...     keras.layers.Dense(1)])
        >>> model.compile("adam", "mse")
        >>> seal = SEALCallback(generations=2)
        >>> logs = tempfile.mkdtemp()
        >>> history = model.fit(
        ...     np.ones((8, 4)), np.ones((8, 1)), epochs=8, verbose=0,
        ...     callbacks=[seal, keras.callbacks.TensorBoard(logs),
        ...                GenerationTensorBoard(seal, logs, norms_every=100)])

    Args:
        generations: The `GenerationCallback` of the fit, before this callback
            in the list.
        log_dir: Folder of the logs. Pass the folder of Keras' callback, which
            writes to `train` and `validation` in it; then the HParams tab
            shows metrics beside settings.
        norms_every: Steps between two records of norms; 0 for no norms.
            Defaults to 0.
        hparams: Hyperparameters by name: numbers, strings or booleans. Other
            values are written as text, and None is omitted.

    Raises:
        ValueError: At the start of fit, if this callback precedes
            `generations` in the list.
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
                "Argument `norms_every` must be a number of steps, or 0 for "
                f"no norms. Received: norms_every={norms_every}"
            )
        self._generations = generations
        self._log_dir = str(log_dir)
        self._every = norms_every
        self._hparams = {
            name: _plain_value(value)
            for name, value in (hparams or {}).items()
            if value is not None
        }
        self._has_headline = False
        self._writer: Any = None
        self._gradient_norms: Any = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Open the log file, and write the hyperparameters."""
        if not self._generations.in_fit:
            raise ValueError(
                "GenerationTensorBoard must follow its GenerationCallback in "
                "the list: callbacks=[seal, GenerationTensorBoard(seal, ...)]."
            )
        writes = get_backend().is_chief(self.model)
        self._writer = EventWriter(self._log_dir if writes else None)
        self._gradient_norms = None
        if self._every:
            # This creates a variable, a collective operation of all machines.
            self._gradient_norms = self._generations.record_norms(self._every)
        if self._hparams:
            self._has_headline = False
            self._writer.hparams(self._hparams)

    def on_epoch_begin(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Write the phase."""
        plan = self._generations.plan.epoch(epoch)
        steps = self.params.get("steps")
        # If the number of steps is unknown, use the steps counted so far.
        self._first_step = (
            epoch * steps if steps else int(self.model.optimizer.iterations)
        )
        self._next_batch, self._written_step = 0, -1
        if self._gradient_norms is not None:
            self._gradient_norms.clear()
        self._writer.text("phase", plan.title(), epoch)

    def on_train_batch_end(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Write the norms of the latest recorded step."""
        # Reading the variable only after a due step avoids a wait each step.
        if self._gradient_norms is None or batch < self._next_batch:
            return
        self._next_batch = batch - batch % self._every + self._every
        get_backend().synchronize(self.model)
        step, norms = self._gradient_norms.read()
        if step <= self._written_step:
            return
        self._written_step = step
        for name, norm in norms.items():
            self._writer.scalar(f"norm/{name}", norm, self._first_step + step)

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Write the learning rates, and which metric HParams shows."""
        if self._hparams and not self._has_headline:
            self._write_headline(logs or {})
        for group, rate in self._generations.rates.items():
            self._writer.scalar(f"rate/{group}", rate, epoch)
        for path, rate in self._generations.layer_rates.items():
            self._writer.scalar(f"layer_rate/{path}", rate, epoch)
        self._writer.flush()

    def _write_headline(self, logs: Mapping[str, Any]) -> None:
        """Name the metric of the HParams tab, once the logs show it."""
        name = headline_metric(logs)
        if name is None:
            return
        # Keras' callback writes to a folder for each split.
        split = "validation" if name.startswith("val_") else "train"
        name = name.removeprefix("val_")
        self._writer.headline(
            list(self._hparams), f"epoch_{name}", split, f"{split} {name}"
        )
        self._has_headline = True

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Close the log file."""
        self._writer.close()


def _plain_value(value: object) -> bool | int | float | str:
    if isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, numbers.Real):
        # A NumPy number.
        return float(value)
    return str(value)
