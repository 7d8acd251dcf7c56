"""Choose the fastest algorithms for a model by measuring them."""

from __future__ import annotations

import dataclasses
import math
import time
from typing import Any

import keras

from seal_tf.fast_ops import batch_normalization_timing, timing
from seal_tf.fast_ops.choices import (
    Choices,
    TensorFlowChoices,
    keras_choices,
)
from seal_tf.fast_ops.model_timing import (
    batch_size,
    random_inputs,
    step_seconds,
    unchanged_state,
)
from seal_tf.fast_ops.operations import MeasuredOperations

#: Seconds that a measurement may take, if that is more than `MAX_STEPS`. The
#: last step can end a little later, within 5 seconds.
MAX_SECONDS = 4.6
#: Training steps that a measurement may take, if that is more than
#: `MAX_SECONDS`.
MAX_STEPS = 3
#: Rounds of the comparison of whole steps, at most.
MAX_ROUNDS = 3
#: Images of the compared steps, at most.
MAX_IMAGES = 16


@dataclasses.dataclass(frozen=True)
class Measurement:
    """What a measurement found.

    Args:
        choices: The fastest algorithms.
        images: Images of the compared steps.
        seconds_before: Forward and backward pass with TensorFlow's
            convolutions, in seconds.
        seconds_after: The same with the fastest algorithms.
        times: Seconds of each algorithm, by geometry, part and name.
        duration: Seconds that the measurement took.
    """

    choices: Choices
    images: int
    seconds_before: float
    seconds_after: float
    times: dict[str, Any]
    duration: float

    @property
    def is_faster(self) -> bool:
        """Whether whole steps are faster with the choices."""
        return self.seconds_after < self.seconds_before

    def to_json(self) -> dict[str, Any]:
        """Return the seconds as JSON values."""
        fields = dataclasses.asdict(self)
        del fields["choices"]
        return fields

    def summary(self) -> str:
        """Return one line for the user."""
        count, total = self.choices.replaced, len(self.choices.convolutions)
        if not self.is_faster:
            return (
                f"convolutions: none of {total} shapes replaced; a step with "
                "other algorithms was not faster"
            )
        return (
            f"convolutions: {count} of {total} shapes replaced, forward and "
            f"backward pass of {self.images} images "
            f"{self.seconds_before:.3g} s → "
            f"{self.seconds_after:.3g} s (estimated)"
        )


def measure(
    model: keras.Model, inputs: Any, images: int, operations: MeasuredOperations
) -> Measurement:
    """Time the algorithms for each convolution of a model.

    Whole steps of up to `MAX_IMAGES` images, with and without them, confirm
    the choice. Moving statistics and random states of the model stay as they
    are.

    Args:
        model: The model, built.
        inputs: `tf.TensorSpec`s of the inputs.
        images: Images of a batch whose size is unknown.
        operations: What the patched layers of the model compute meanwhile.

    Returns:
        The measurement. Its choices are TensorFlow's operations if the
        others are not faster.

    Raises:
        ValueError: If a shape of the inputs is unknown.
    """
    start = time.monotonic()
    batch = batch_size(inputs, images)
    tensors = random_inputs(inputs, min(batch, MAX_IMAGES))
    with unchanged_state(model):
        return _measure(model, tensors, operations, batch, start)


def _measure(
    model: keras.Model,
    tensors: Any,
    operations: MeasuredOperations,
    batch: int,
    start: float,
) -> Measurement:
    operations.choices = plain = TensorFlowChoices()
    step = step_seconds(model, tensors)
    deadline = start + max(MAX_SECONDS, MAX_STEPS * step)
    # One step to warm up, and one round.
    confirmation = 3 * step
    compared = min(batch, MAX_IMAGES)
    times = {}
    for recorded in operations.by_cost():
        images = (recorded.images or compared) * batch // compared
        geometry = recorded.with_images(images)
        times[geometry] = timing.time_algorithms(
            geometry, deadline - confirmation
        )
    is_fused_faster = True
    if operations.largest and time.monotonic() < deadline - confirmation:
        is_fused_faster = batch_normalization_timing.is_fused_faster(
            *operations.largest
        )
    chosen = Choices(
        {g.key: timing.select(g, parts) for g, parts in times.items()},
        is_fused_faster,
    )
    before = after = math.inf
    operations.choices = chosen
    step_seconds(model, tensors)
    for _ in range(MAX_ROUNDS):
        operations.choices = plain
        before = min(before, step_seconds(model, tensors))
        operations.choices = chosen
        after = min(after, step_seconds(model, tensors))
        if time.monotonic() + before + after > deadline:
            break
    if after >= before:
        chosen = keras_choices(chosen)
    duration = time.monotonic() - start
    by_key = {geometry.key: parts for geometry, parts in times.items()}
    return Measurement(chosen, compared, before, after, by_key, duration)
