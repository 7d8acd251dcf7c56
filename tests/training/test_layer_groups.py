"""Early and later layers, for every form of `split_at`."""

import keras
import pytest
from keras import layers

from seal_tf.training.layer_groups import (
    forward_order,
    has_weights,
    partition,
)
from tests.training import nets


def _early(model, split):
    return [n.split("/")[-1] for n in partition(model, split).layer_names()[0]]


@pytest.mark.parametrize(
    ("split_at", "early"),
    [
        ("second", ["first", "norm"]),
        ("sec", ["first", "norm"]),
        (0.5, ["first", "norm"]),
        (0.01, ["first"]),
        (0.99, ["first", "norm", "second"]),
        (lambda layer: layer.name == "third", ["third"]),
    ],
    ids=["name", "prefix", "half", "low", "high", "function"],
)
def test_partition_with_any_form_of_split_divides_the_layers(split_at, early):
    assert _early(nets.functional(), split_at) == early


def test_partition_with_exact_name_prefers_it_to_a_prefix():
    inputs = keras.Input((3,))
    h = layers.Dense(2, name="block10")(inputs)
    h = layers.Dense(2, name="block1")(h)
    model = keras.Model(inputs, h)
    assert _early(model, "block1") == ["block10"]


def test_forward_order_of_branches_puts_layers_after_their_inputs():
    inputs = keras.Input((8, 8, 3))
    stem = layers.Conv2D(4, 3, padding="same", name="stem")(inputs)
    short = layers.Conv2D(4, 1, name="short")(stem)
    long = layers.Conv2D(4, 3, padding="same", name="long_a")(stem)
    long = layers.Conv2D(4, 3, padding="same", name="long_b")(long)
    h = layers.Add(name="join")([short, long])
    model = keras.Model(inputs, layers.Conv2D(2, 1, name="head")(h))
    names = [leaf.path for leaf in forward_order(model) if leaf.own]
    assert names[0] == "stem"
    assert names[-1] == "head"
    assert names.index("long_a") < names.index("long_b")


def test_partition_of_nested_model_splits_inside_it():
    model = nets.nested()
    assert _early(model, "norm") == ["first"]
    assert _early(model, "backbone/norm") == ["first"]
    with pytest.raises(ValueError, match="no weights on the early side"):
        partition(model, "backbone")


def test_partition_with_shared_layer_counts_it_once():
    inputs = keras.Input((4,))
    shared = layers.Dense(4, name="shared")
    h = shared(shared(inputs))
    model = keras.Model(inputs, layers.Dense(2, name="head")(h))
    groups = partition(model, 0.5)
    assert groups.layer_names() == (("shared",), ("head",))
    assert sorted(groups.group_of().values()) == [0, 0, 1, 1]


def test_partition_puts_weights_of_the_model_itself_first():
    class Tokened(keras.Model):
        def __init__(self):
            super().__init__(name="tokened")
            self.a = layers.Dense(4, name="a")
            self.b = layers.Dense(2, name="b")

        def build(self, shape):
            self.token = self.add_weight(shape=(4,), name="token")
            self.a.build(shape)
            self.b.build((None, 4))

        def call(self, x):
            return self.b(self.a(x) + self.token)

    model = Tokened()
    model(keras.ops.ones((1, 4)))
    assert partition(model, "b").layer_names() == (("tokened", "a"), ("b",))


def test_partition_ignores_random_states():
    model = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(4, name="a"),
            layers.Dropout(0.5, name="drop"),
            layers.Dense(2, name="b"),
        ]
    )
    assert partition(model, 0.5).layer_names() == (("a",), ("b",))


def test_partition_with_blocks_names_groups_after_them():
    groups = partition(nets.blocks(), "conv4_block1", "blocks")
    assert groups.names == (
        "stem",
        "conv2_block1",
        "conv3_block1",
        "conv4_block1",
        "conv5_block1",
    )
    assert groups.early == (True, True, True, False, False)
    assert groups.layer_names()[-1][-1] == "predictions"


def test_partition_with_layers_starts_a_group_at_each_kernel():
    groups = partition(nets.functional(), None, "layers")
    assert groups.layer_names() == (("first", "norm"), ("second",), ("third",))


def test_partition_with_unknown_grouping_names_the_argument():
    with pytest.raises(ValueError, match="`grouping` .*grouping='x'"):
        partition(nets.functional(), None, "x")


def test_partition_with_early_layer_after_later_ones_raises():
    with pytest.raises(ValueError, match="precede .*third"):
        partition(nets.functional(), lambda x: x.name == "third", "layers")


def test_partition_with_one_layer_and_fraction_raises():
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    with pytest.raises(ValueError, match="two layers with weights.* has 1"):
        partition(model, 0.5)


def test_has_weights_of_unbuilt_model_is_false():
    assert not has_weights(nets.sequential(built=False))
    assert has_weights(nets.sequential())


@pytest.mark.filterwarnings("ignore:`build\\(\\)` was called on layer")
def test_has_weights_with_layer_that_is_never_called_is_true():
    class Unused(nets.Subclassed):
        def __init__(self):
            super().__init__()
            self.spare = layers.Dense(5, name="spare")

    model = Unused()
    model(nets.data()[0][:1])
    assert has_weights(model)
    groups = partition(model, "second")
    assert groups.layer_names()[0] == ("first", "norm")
