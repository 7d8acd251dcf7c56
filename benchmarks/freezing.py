"""Compare the time that freezing saves with the predicted saving.

  python -m benchmarks.freezing [--rounds=15]

FreezeOut (cubic, scaled) on ResNet-18 by blocks and on DenseNet-BC by stages:
the benchmark times a step with each frozen prefix of the plan. The measured
saving is that of the plan's epochs at these times. It also times each trace
of the step. The operations are those of `FastOps("table")`.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from benchmarks import training_steps
from benchmarks.arguments import create_parser
from benchmarks.interleaved_timing import time_interleaved
from benchmarks.random_batch import random_batch
from benchmarks.result_file import Row, create_row, write_result
from seal_tf import FastOps, GenerationCallback
from seal_tf.backends.tensorflow import TensorFlowBackend
from seal_tf.models.registry import default_grouping
from seal_tf.schedules import FreezeOut, Plan, cost
from seal_tf.training import flops, layer_groups
from seal_tf.training.freezing import FrozenPrefix
from seal_tf.training.step_control import StepControl
from seal_tf.training.train_function import TrainFunction
from seal_tf.utils.patching import AttributePatcher

#: Epochs of the plan; with few epochs the freezing times would be rounded.
EPOCHS = 200
#: Steps of an epoch of Tiny-ImageNet in batches of 128.
STEPS = 782
#: Costs that the prediction does not contain.
NOTES = {
    "resnet18": "the prediction counts multiply-adds only",
    "densenet_bc100_12": "frozen stages still normalize and concatenate in "
    "the forward pass; the prediction counts multiply-adds only",
}


@dataclasses.dataclass(frozen=True)
class Network:
    """A network and its batches.

    Args:
        arch: Name of the network.
        size: Height and width of the images.
        images: Images of a batch.
        classes: Number of classes.
    """

    arch: str
    size: int
    images: int
    classes: int

    @property
    def grouping(self) -> str:
        """Unit of freezing."""
        return default_grouping(self.arch)


NETWORKS = (
    Network("resnet18", 64, 128, 200),
    Network("densenet_bc100_12", 32, 64, 100),
)


@dataclasses.dataclass(frozen=True)
class FrozenTimes:
    """Times of a step by the number of frozen groups.

    Args:
        times: Result of `time_interleaved`, by the number of frozen groups.
        traces: Seconds of tracing, by the number of frozen groups.
        costs: Multiply-adds of each group.
    """

    times: dict[str, Any]
    traces: dict[int, float]
    costs: list[int]


def main() -> None:
    """Run the benchmark."""
    arguments = create_parser(__doc__, rounds=15).parse_args()
    rows, details = [], {}
    for network in NETWORKS:
        model = training_steps.compiled_model(
            network.arch, network.size, network.classes
        )
        plans = {
            t0: GenerationCallback(
                FreezeOut(t0=t0, grouping=network.grouping)
            ).plan_for(model, EPOCHS, 1)
            for t0 in (0.5, 0.8)
        }
        counts = sorted({e.frozen for plan in plans.values() for e in plan})
        measured = _measure(
            model, network, plans[0.5], counts, arguments.rounds
        )
        details[network.arch] = {
            **measured.times,
            "frozen_groups": counts,
            "trace_seconds": measured.traces,
        }
        for t0, plan in plans.items():
            rows += _rows(network, t0, plan, measured)
    write_result("freezing", rows, details)


def _measure(
    model: keras.Model,
    network: Network,
    plan: Plan,
    counts: Sequence[int],
    rounds: int,
) -> FrozenTimes:
    """Time a step, and its trace, with each number of frozen groups."""
    control = StepControl(plan)
    control.ensure_partition(model)
    training_steps.start_callback(
        FastOps("table", report=None), model, EPOCHS, 1
    )
    owner = TrainFunction(model, AttributePatcher())
    prefix = FrozenPrefix(model, control, owner)
    batch = random_batch(network.images, network.size, network.classes)
    x, y = (tf.constant(array) for array in batch)
    steps, first_calls = {}, {}
    for count in counts:
        prefix.set(count)
        step = tf.function(
            lambda: _frozen_step(model, (x, y), control), autograph=False
        )
        start = time.perf_counter()
        step()
        first_calls[count] = time.perf_counter() - start
        steps[count] = step
    prefix.set(0)
    times = time_interleaved(steps, rounds)
    seconds = times["median_seconds"]
    traces = {c: max(0, first_calls[c] - seconds[c]) for c in counts}
    split = plan.schedule.split_at
    partition = layer_groups.partition(model, split, network.grouping)
    return FrozenTimes(times, traces, flops.group_multiply_adds(partition))


def _frozen_step(model: keras.Model, data: Any, control: StepControl) -> Any:
    with control.step_context:
        return TensorFlowBackend().train_step(model, control, data)


def _rows(
    network: Network, t0: float, plan: Plan, measured: FrozenTimes
) -> list[Row]:
    ratios = {0: (1.0, [1.0, 1.0])}
    for count, ratio in measured.times["ratio"].items():
        ratios[count] = ratio["median"], ratio["interval"]
    frozen = [e.frozen for e in plan]
    time_fraction = np.mean([ratios[c][0] for c in frozen])
    low, high = (np.mean([ratios[c][1][i] for c in frozen]) for i in (0, 1))
    predicted = cost.frozen_saving(plan, measured.costs)
    changes = cost.retrace_epochs(plan)
    tracing = sum(measured.traces[plan.epoch(e).frozen] for e in changes)
    step_seconds = measured.times["median_seconds"][0]
    saved_per_epoch = (1 - time_fraction) * step_seconds * STEPS
    label = (
        f"{network.arch}, FreezeOut t0 {t0}, by {network.grouping}, batch "
        f"{network.images}"
    )
    return [
        create_row(
            f"saving over the steps of {label}: {1 - time_fraction:.1%}",
            f"saving predicted by the schedule: {predicted:.1%}",
            {
                "median": (1 - time_fraction) / predicted,
                "interval": [(1 - high) / predicted, (1 - low) / predicted],
            },
            goal=(">=", 0.9),
            note=NOTES.get(network.arch, ""),
        ),
        create_row(
            f"tracing the step {len(changes)} times more: {label}",
            f"time that freezing saves in an epoch of {STEPS} steps",
            tracing / saved_per_epoch,
            unit="epochs",
            note=f"{tracing:.0f} s in total, once per run",
        ),
    ]


if __name__ == "__main__":
    main()
