"""Faster layer operations on a CPU, as a callback."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import keras

from seal_tf.backends import get_backend
from seal_tf.callbacks.patching_callback import PatchingCallback
from seal_tf.fast_ops import cache, selection
from seal_tf.fast_ops.choices import Choices
from seal_tf.fast_ops.convolution.table import IMAGES
from seal_tf.fast_ops.layer_patch import patch_layers
from seal_tf.fast_ops.operations import MeasuredOperations, Operations
from seal_tf.training import train_function
from seal_tf.utils.patching import AttributePatcher
from seal_tf.utils.processor import processor_name

MODES = ("measure", "cached", "table", "off")
#: Steps of a fit for which a measurement pays off.
MIN_STEPS = 300


def are_faster(xla: bool) -> bool:
    """Return whether the operations are faster: on a CPU without XLA.

    Args:
        xla: Whether XLA compiles the step.
    """
    return not (xla or get_backend().has_gpu())


@keras.saving.register_keras_serializable(package="seal_tf")
class FastOps(PatchingCallback):
    """Speed up the steps of convolutional networks on a CPU.

    For the length of fit, other TensorFlow operations compute the
    convolutions and the batch normalization of the model. The functions are
    the same, to rounding. Layers keep their classes, so files of plain Keras
    models that are saved meanwhile load without seal_tf. With a GPU, or if
    XLA compiles the step, the callback does nothing.

    With mode "measure", the callback times several algorithms for each
    convolution of the model before the first step, and uses the fastest. This
    takes at most 5 seconds or three training steps, whichever is more. The
    user's cache folder keeps the result for the next run on this machine.
    `seal_tf.train` keeps the choice in the state of a run, so a resumed run
    computes the same bits. For a `checkpoint_dir` of your own,
    `GenerationCallback.add_state_part("fast_ops", fast_ops)` does.

    Example:
        >>> import keras
        >>> import numpy as np
        >>> from seal_tf import FastOps
        >>> model = keras.Sequential([
        ...     keras.Input((8, 8, 3)), keras.layers.Conv2D(4, 3),
        ...     keras.layers.Flatten(), keras.layers.Dense(1)])
        >>> model.compile("adam", "mse")
        >>> history = model.fit(np.ones((8, 8, 8, 3)), np.ones((8, 1)),
        ...                     verbose=0, callbacks=[FastOps("table")])

    Args:
        mode: How the algorithms are chosen. "measure" uses the cached choice of
            this machine, or measures; a short fit uses the table. "cached"
            uses the cached choice, or the table. "table" uses a fixed rule.
            "off" does nothing. Under a `tf.distribute` strategy, "measure"
            and "cached" use the table. Defaults to "measure".
        batch_size: Images of a batch to measure with, if the data does not
            have a fixed batch size. Defaults to 32, as in `keras.Model.fit`.
        report: Function that receives one line of text about the choice.
            Defaults to `print`; None for no report.

    Raises:
        ValueError: If an argument is out of range.

    Attributes:
        layers: Number of patched layers.
        choices: The algorithms in use.
    """

    def __init__(
        self,
        mode: str = "measure",
        batch_size: int = IMAGES,
        report: Callable[[str], object] | None = print,
    ) -> None:
        super().__init__()
        if mode not in MODES:
            raise ValueError(
                f"Argument `mode` must be one of {', '.join(MODES)}. "
                f"Received: mode={mode}"
            )
        if batch_size < 1:
            raise ValueError(
                "Argument `batch_size` must be at least 1. Received: "
                f"batch_size={batch_size}"
            )
        self.mode = mode
        self.batch_size = batch_size
        self.layers = 0
        self._report = report
        self._operations = Operations(Choices())
        self._pending = False
        self._restored: dict[str, Any] | None = None

    @property
    def choices(self) -> Choices:
        """The algorithms in use."""
        return self._operations.choices

    def get_config(self) -> dict[str, Any]:
        """Return the settings, without `report`."""
        return {"mode": self.mode, "batch_size": self.batch_size}

    def get_state(self) -> dict[str, Any]:
        """Return the algorithms in use and the processor that has them.

        Before the first step nothing is chosen, and the dict is empty.
        """
        if self._pending:
            return {}
        return {
            "choices": self.choices.to_json(),
            "processor": processor_name(),
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Use the algorithms of a checkpoint from the next step on.

        Call this before the first step of fit, or before fit.

        Args:
            state: From `get_state`. An empty dict is ignored.
        """
        self._restored = state or None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Patch the layers, if that is faster."""
        self.layers = 0
        self._pending = False
        if self.mode != "off" and are_faster(self.model.jit_compile):
            super().on_train_begin(logs)

    def patch_layers(
        self, model: keras.Model, patcher: AttributePatcher
    ) -> None:
        """Patch every layer that has a faster operation."""
        self._operations = Operations(Choices())
        self._pending = True
        self.layers = patch_layers(model, patcher, lambda: self._operations)

    def on_train_batch_begin(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Choose the algorithms before the first step is traced."""
        if not self._pending:
            return
        self._pending = False
        if self._restored is not None:
            self._restore(self._restored)
        elif self.mode != "table":
            train_function.call_before_next_step(self.model, self._choose)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Restore the layers."""
        super().on_train_end(logs)
        self._restored = None

    def _restore(self, state: dict[str, Any]) -> None:
        self._operations = Operations(Choices.from_json(state["choices"]))
        here, there = processor_name(), state["processor"]
        if here != there:
            self._report_line(
                f"convolutions: the algorithms chosen on {there}, as the run "
                f"started there; this machine is {here}"
            )

    def _choose(self, iterator: Any) -> None:
        """Set the algorithms for a model and its data.

        A model or data may do anything, such as a `train_step` of its own
        without a `call`; then the table stays.

        Args:
            iterator: The iterator over the training data.
        """
        try:
            self._load_or_measure(iterator)
        except Exception as error:
            warnings.warn(
                f"FastOps could not measure {self.model.name} ({error}). It "
                "uses the algorithms of its table.",
                RuntimeWarning,
                stacklevel=2,
            )

    def _load_or_measure(self, iterator: Any) -> None:
        specs = getattr(iterator, "element_spec", None)
        distributed = get_backend().is_distributed(self.model)
        if specs is None or not self.layers or distributed:
            return
        inputs, _, _ = keras.utils.unpack_x_y_sample_weight(specs)
        key = cache.model_key(self.model, inputs, self.batch_size)
        choices = cache.load(key)
        if choices is None and self.mode == "measure" and self._pays_off():
            choices = self._measure(key, inputs)
        if choices is not None:
            self._operations = Operations(choices)

    def _pays_off(self) -> bool:
        """Whether the fit is long enough for a measurement."""
        steps = self.params.get("steps")
        return steps is None or self.params["epochs"] * steps >= MIN_STEPS

    def _measure(self, key: str, inputs: Any) -> Choices:
        """Measure and keep the choices."""
        usual = self._operations
        self._operations = measured = MeasuredOperations(Choices())
        try:
            measurement = selection.measure(
                self.model, inputs, self.batch_size, measured
            )
        finally:
            self._operations = usual
        cache.save(key, measurement.choices, measurement.to_json())
        self._report_line(measurement.summary())
        return measurement.choices

    def _report_line(self, line: str) -> None:
        if self._report is not None:
            self._report(line)
