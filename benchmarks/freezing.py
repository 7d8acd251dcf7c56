"""What freezing saves, of what it promises, and what each trace costs.

  python -m benchmarks.freezing [--turns=15]

FreezeOut (cubic, scaled) on ResNet-18 by blocks and DenseNet-BC by stages: a
step with each prefix of groups frozen that the plan comes to, all by turns.
The saving is that of the plan's epochs at these times.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import tensorflow as tf

from benchmarks import record, work
from benchmarks.noise import batch
from benchmarks.turns import by_turns
from seal_tf import FastOps, GenerationCallback
from seal_tf.models.names import ready_grouping
from seal_tf.schedules import FreezeOut, price
from seal_tf.training import layer_groups, multiply_adds
from seal_tf.training.step_control import StepControl
from seal_tf.training.freezing import FrozenPrefix
from seal_tf.training.backends.tensorflow import train_step

#: Epochs of the plan; few of them would round the freezing times.
EPOCHS = 200
#: Steps of an epoch of Tiny-ImageNet in batches of 128.
STEPS = 782
#: What the prediction does not know.
NOTES = {
    "densenet_bc100_12": "frozen stages still normalise and concatenate in "
    "the forward pass; neither is a multiply-add"
}
NETWORKS = {"resnet18": (64, 128, 200), "densenet_bc100_12": (32, 64, 100)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=15)
    asked = parser.parse_args()
    rows, facts = [], {}
    for arch, (size, images, classes) in NETWORKS.items():
        grouping = ready_grouping(arch)
        model = work.compiled(arch, size, classes)
        plans = {
            t0: GenerationCallback(
                FreezeOut(t0=t0, grouping=grouping)
            ).plan_for(model, EPOCHS, 1)
            for t0 in (0.5, 0.8)
        }
        counts = sorted({e.frozen for plan in plans.values() for e in plan})
        control = StepControl(plans[0.5])
        control.ensure_bound(model)
        work.begun(FastOps(), model, EPOCHS, 1)
        found, traces = _times(
            model, control, batch(images, size, classes), counts, asked.turns
        )
        cut = layer_groups.partition(model, 0.5, grouping)
        costs = flops.group_multiply_adds(cut)
        facts[arch] = {**found, "frozen_groups": counts, "trace_s": traces}
        for t0, plan in plans.items():
            rows += _rows(
                arch, images, grouping, t0, plan, costs, found, traces
            )
    record.write("freezing", "benchmarks.freezing", rows, **facts)


def _times(model, control, data, counts, turns):
    """by_turns of a step with each count frozen, and what a trace takes."""
    prefix = FrozenPrefix(model, control)
    x, y = (tf.constant(v) for v in data)
    sides, traces = {}, {}
    for count in counts:
        prefix.set(count)
        step = tf.function(
            lambda: train_step(model, (x, y), control), autograph=False
        )
        began = time.perf_counter()
        step()
        traces[count] = time.perf_counter() - began
        sides[count] = step
    prefix.set(0)
    found = by_turns(sides, turns)
    seconds = found["median_seconds"]
    return found, {c: max(0, traces[c] - seconds[c]) for c in counts}


def _rows(arch, images, grouping, t0, plan, costs, found, traces):
    ratio = found["ratio"]
    by_count = {0: (1.0, [1.0, 1.0])}
    for count, one in ratio.items():
        by_count[count] = one["median"], one["interval"]
    frozen = [e.frozen for e in plan]
    took = np.mean([by_count[c][0] for c in frozen])
    low, high = (np.mean([by_count[c][1][i] for c in frozen]) for i in (0, 1))
    promised = price.frozen_saving(plan, costs)
    changes = price.retrace_epochs(plan)
    tracing = sum(traces[plan.epoch(e).frozen] for e in changes)
    saved_an_epoch = (1 - took) * found["median_seconds"][0] * STEPS
    what = f"{arch}, FreezeOut t0 {t0}, by {grouping}, batch {images}"
    return [
        record.row(
            f"saving over the steps of {what}: {1 - took:.1%}",
            f"the schedule's own prediction, {promised:.1%}",
            (1 - took) / promised,
            interval=[(1 - high) / promised, (1 - low) / promised],
            goal=(">=", 0.9),
            note=NOTES.get(arch, ""),
        ),
        record.row(
            f"tracing the step {len(changes)} times more: {what}",
            f"what freezing saves in an epoch of {STEPS} steps",
            tracing / saved_an_epoch,
            unit="epochs",
            note=f"{tracing:.0f} s in all; paid for once a run",
        ),
    ]


if __name__ == "__main__":
    main()
