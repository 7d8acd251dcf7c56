"""The rule that chooses S during an ascent, as pure functions.

During an ascent the search measures the training accuracy of a fixed set of
training images at intervals. It compares the fraction that the network
retains, above chance, with a target that falls from 1 to `retain`. S grows
while the network retains more than the target, and shrinks while it retains
less. Later layers continue to learn meanwhile, so each S has its own balance
of forgetting and relearning, and the rule approaches the S whose balance is
`retain`.

This rule is not published. docs/results/earlier_studies.md has measurements.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

#: Measurements in one ascent, and probe images, at most.
MEASUREMENTS, MAX_IMAGES = 12, 512
#: Probe images to aim at even if they cost more than `WORK_FRACTION`.
MIN_IMAGES = 32
#: Bytes of the probe images, at most.
MAX_BYTES = 2**26
#: The measurements may cost this fraction of the work of a generation.
WORK_FRACTION = 0.02
#: S of the first ascent: the published value.
INITIAL_SCALE = 0.01
MIN_SCALE, MAX_SCALE = 1e-4, 4.0
#: Doublings of S per measurement, for the whole accuracy above chance.
GAIN = 2.0
#: The target reaches `retain` at this fraction of the ascent, and stays there.
RAMP_END = 0.5


@dataclasses.dataclass(frozen=True)
class AccuracySample:
    """One measurement on the probe images.

    Args:
        epoch: Epoch of the run, from 0.
        step: The next step of that epoch.
        accuracy: Accuracy on the probe images, in evaluation mode.
        chance: Accuracy of always predicting their most frequent class.
        images: Number of probe images.
        scale: S from this step on.
    """

    epoch: int
    step: int
    accuracy: float
    chance: float
    images: int
    scale: float


def retained_fraction(sample: AccuracySample, first: AccuracySample) -> float:
    """Return the retained fraction of the accuracy above chance.

    Args:
        sample: A measurement.
        first: The first measurement of the ascent.
    """
    above_chance = first.accuracy - first.chance
    if above_chance <= 0:
        return 1.0
    return (sample.accuracy - sample.chance) / above_chance


def is_above_chance(first: AccuracySample) -> bool:
    """Return whether the accuracy exceeds chance by two standard errors.

    Otherwise the network has nothing to forget.
    """
    probability = max(first.accuracy, first.chance)
    error = math.sqrt(probability * (1 - probability) / first.images)
    return first.accuracy - first.chance > 2 * error


def target_fraction(progress: float, retain: float) -> float:
    """Return the fraction to retain at a point of the ascent.

    Args:
        progress: The point, as a fraction of the ascent, from 0 to 1.
        retain: The fraction to retain at the end.
    """
    return 1 - (1 - retain) * min(1.0, progress / RAMP_END)


def next_scale(
    scale: float,
    fractions: tuple[float, float],
    progress: float,
    retain: float,
    is_known: bool,
) -> float:
    """Return S until the next measurement.

    Forgetting follows S with a delay, because of warm-up, momentum and the
    later layers. The rule therefore extrapolates the retained fraction by one
    measurement. It does not change an S from an earlier ascent while the
    target falls.

    Args:
        scale: The current S.
        fractions: Retained fraction at the previous measurement and at this
            one.
        progress: Point of the next measurement, as a fraction of the ascent.
        retain: The fraction to retain at the end.
        is_known: Whether an earlier ascent has determined S.
    """
    if is_known and progress <= RAMP_END:
        return scale
    previous, current = fractions
    predicted = current + (current - previous)
    error = predicted - target_fraction(progress, retain)
    doublings = max(-1.0, min(1.0, GAIN * error))
    return max(MIN_SCALE, min(MAX_SCALE, scale * 2**doublings))


def first_scale(previous_scales: Sequence[float]) -> float:
    """Return S at the start of an ascent.

    Args:
        previous_scales: S after each measurement of the ascent before, in
            order. In its second half the target was constant; the result is
            the median of that half. Empty if no ascent came before.
    """
    constant = sorted(previous_scales[len(previous_scales) // 2 :])
    return constant[len(constant) // 2] if constant else INITIAL_SCALE


def measurement_steps(steps: int, measurements: int) -> list[int]:
    """Return the steps of an ascent before which the search measures.

    Args:
        steps: Steps of the ascent.
        measurements: Number of measurements.
    """
    measurements = max(1, min(measurements, steps))
    return sorted({i * steps // measurements for i in range(measurements)})


def max_probe_size(trained_images: int, bytes_per_image: int = 1) -> int:
    """Return the number of probe images that the search can afford.

    A measurement is a forward pass: a third of the work of a training step.

    Args:
        trained_images: Images that a generation trains on; each pass over
            the data counts.
        bytes_per_image: Bytes of one image as the network gets it.
    """
    affordable_images = 3 * WORK_FRACTION * trained_images / (MEASUREMENTS + 1)
    return int(
        max(1, min(MAX_IMAGES, MAX_BYTES / bytes_per_image, affordable_images))
    )
