"""Who is early, however it is said."""

import keras
import pytest
from keras import layers

from seal_tf.training.layer_groups import forward_order, partition
from tests.training import nets


def _early(model, split):
    return [n.split("/")[-1] for n in partition(model, split).layer_names()[0]]


def test_name_prefix_share_and_function():
    model = nets.functional()
    assert _early(model, "second") == ["first", "norm"]
    assert _early(model, "sec") == ["first", "norm"]
    assert _early(model, 0.5) == ["first", "norm"]
    assert _early(model, 0.01) == ["first"]
    assert _early(model, 0.99) == ["first", "norm", "second"]
    third = lambda layer: layer.name == "third"  # noqa: E731
    assert _early(model, third) == ["third"]


def test_exact_name_before_prefix():
    inputs = keras.Input((3,))
    h = layers.Dense(2, name="block10")(inputs)
    h = layers.Dense(2, name="block1")(h)
    model = keras.Model(inputs, h)
    assert _early(model, "block1") == ["block10"]


def test_forward_order_of_a_branched_graph():
    """However the branches were built: each after what it needs."""
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


def test_nested_models_are_recursed():
    model = nets.nested()
    assert _early(model, "norm") == ["first"]
    assert _early(model, "backbone/norm") == ["first"]
    with pytest.raises(ValueError, match="no weights on the early side"):
        partition(model, "backbone")


def test_shared_layers_count_once():
    inputs = keras.Input((4,))
    shared = layers.Dense(4, name="shared")
    h = shared(shared(inputs))
    model = keras.Model(inputs, layers.Dense(2, name="head")(h))
    cut = partition(model, 0.5)
    assert cut.layer_names() == (("shared",), ("head",))
    assert sorted(cut.group_of().values()) == [0, 0, 1, 1]


def test_weights_that_a_model_owns_itself_are_early():
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


def test_random_states_are_no_weights():
    model = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(4, name="a"),
            layers.Dropout(0.5, name="drop"),
            layers.Dense(2, name="b"),
        ]
    )
    assert partition(model, 0.5).layer_names() == (("a",), ("b",))
