"""The depth of each layer of a model."""

from __future__ import annotations

import itertools

import keras

from seal_tf.schedules.epoch_plan import LayerFacts
from seal_tf.training.call_order import record_call_order
from seal_tf.training.layer_groups import (
    Partition,
    forward_order,
    leaf_group_names,
)


def layer_facts(
    model: keras.Model, partition: Partition, unit: str
) -> tuple[LayerFacts, ...]:
    """Return the path and the depth of each layer with weights.

    Args:
        model: A built model.
        partition: Its layer groups.
        unit: "blocks", "stages" or "layers"; see `layer_groups.partition`.

    Returns:
        The layers in the order of `partition.layer_names()`, group by group.
    """
    leaves = forward_order(model, record_call_order(model))
    names = leaf_group_names(leaves, unit)
    changes = [a != b for a, b in itertools.pairwise([names[0], *names])]
    depths = itertools.accumulate(changes, initial=0)
    next(depths)
    depth_of = {
        leaf.path: depth for leaf, depth in zip(leaves, depths, strict=True)
    }
    return tuple(
        LayerFacts(path, depth_of[path])
        for paths in partition.layer_names()
        for path in paths
    )
