"""What a step costs with a part of ResNet-18 frozen.

python -m benchmarks.freezing [--turns=N]
"""

from __future__ import annotations

import sys

import keras
import numpy as np
import tensorflow as tf

from benchmarks.turns import by_turns, write
from seal_tf import GenerationCallback, models
from seal_tf.optimizers import SGD
from seal_tf.schedules import FreezeOut
from seal_tf.training import multiply_adds
from seal_tf.training.control import StepControl
from seal_tf.training.freezing import FrozenPrefix
from seal_tf.training.model import train_step

BATCH, SIZE, CLASSES = 128, 64, 200


def main(turns: int) -> None:
    model = models.build("resnet18", (SIZE, SIZE, 3), CLASSES)
    model.compile(
        SGD(0.1, 0.9, l2=5e-4),
        keras.losses.CategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    model.optimizer.build(model.trainable_variables)
    callback = GenerationCallback(FreezeOut())
    control = StepControl(callback.plan_for(model, 1, 1))
    control.ensure_bound(model)
    prefix = FrozenPrefix(model, control)
    rng = np.random.default_rng(0)
    x = tf.constant(rng.normal(size=(BATCH, SIZE, SIZE, 3)), tf.float32)
    y = tf.one_hot(rng.integers(0, CLASSES, BATCH), CLASSES)
    groups = len(control.partition.names)
    counts = {"nothing": 0, "half of the blocks": (groups + 1) // 2}
    sides = {}
    for name, count in counts.items():
        prefix.set(count)
        step = tf.function(lambda: train_step(model, (x, y), control))
        step()  # traced while this prefix is frozen
        sides[f"{name} frozen"] = step
    prefix.set(0)
    found = by_turns(sides, turns)
    costs = multiply_adds.of_groups(control.partition)
    frozen = sum(costs[: counts["half of the blocks"]])
    found["predicted_ratio"] = 1 - 2 * frozen / (3 * sum(costs))
    found["groups_frozen"] = [counts["half of the blocks"], groups]
    write(
        "freezing",
        f"ResNet-18, {SIZE}x{SIZE}, batch {BATCH}: a training step with half "
        "the blocks frozen, of one with nothing frozen (predicted "
        f"{found['predicted_ratio']:.3f})",
        found,
    )


if __name__ == "__main__":
    given = [a.split("=")[1] for a in sys.argv[1:] if a.startswith("--turns=")]
    main(int(given[0]) if given else 30)
