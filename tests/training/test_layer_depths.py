"""The depth of each layer."""

import numpy as np

from seal_tf.training import layer_groups
from seal_tf.training.layer_depths import layer_facts
from tests.training import nets


def _depths(model, unit, split_at=None):
    partition = layer_groups.partition(model, split_at)
    facts = layer_facts(model, partition, unit)
    assert [f.path for f in facts] == [
        path for paths in partition.layer_names() for path in paths
    ]
    return {f.path: f.depth for f in facts}


def test_layer_facts_count_blocks_in_forward_order():
    depths = _depths(nets.blocks(), "blocks")
    assert depths["conv1_conv"] == depths["conv1_bn"] == 0
    assert depths["conv3_block1_bn"] == 2
    assert depths["conv5_block1_conv"] == depths["predictions"] == 4


def test_layer_facts_of_a_split_have_the_depth_of_the_forward_order():
    """A function may choose any layers; groups list theirs first."""
    model = nets.functional()
    depths = _depths(model, "layers", lambda layer: layer.name == "second")
    assert list(depths) == ["second", "first", "norm", "third"]
    assert depths == {"second": 1, "first": 0, "norm": 0, "third": 2}


def test_layer_facts_of_a_subclassed_model_follow_its_calls():
    model = nets.Subclassed()
    model(np.zeros((2, 6), "float32"))
    depths = _depths(model, "layers")
    assert depths == {"first": 0, "norm": 0, "second": 1, "third": 2}
