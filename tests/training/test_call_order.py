import keras
import numpy as np
import pytest
from keras import layers

from seal_tf import LLFCallback, SEALCallback
from seal_tf.training.call_order import record_call_order
from tests.training import nets


class HeadFirst(keras.Model):
    """Creates its classifier first, as many public classes do."""

    def __init__(self):
        super().__init__()
        self.head = layers.Dense(3, name="head")
        self.blocks = [layers.Dense(6, name=f"block{i}") for i in (1, 0)]
        self.parts = {"stem": layers.Dense(6, "relu", name="stem")}
        self.unused = layers.Dense(6, name="unused")

    def call(self, x):
        h = self.parts["stem"](x)
        h = self.blocks[1](h)
        # A layer that is called twice has its first position.
        h = self.blocks[0](self.blocks[0](h))
        return self.head(h)


class Outer(keras.Model):
    """A subclassed model in a subclassed model."""

    def __init__(self):
        super().__init__()
        self.top = layers.Dense(3, name="top")
        self.inner = HeadFirst()

    def call(self, x, training=False):
        return self.top(self.inner(x))


class Tokens(keras.Model):
    """Integer inputs in a dict."""

    def __init__(self):
        super().__init__()
        self.out = layers.Dense(2, name="out")
        self.embed = layers.Embedding(9, 4, name="embed")

    def call(self, inputs):
        h = self.embed(inputs["ids"]) * inputs["weight"][..., None]
        return self.out(keras.ops.mean(h, axis=1))


def _built(model, x):
    model(x)
    return nets.compiled(model, keras.optimizers.SGD(0.1))


def _names(model):
    return [layer.name for layer in record_call_order(model)]


def test_record_call_order_follows_first_calls():
    model = _built(HeadFirst(), np.zeros((2, 6), "f4"))
    assert _names(model) == ["stem", "block0", "block1", "head"]


def test_record_call_order_of_nested_models_includes_their_layers():
    model = _built(Outer(), np.zeros((2, 6), "f4"))
    names = _names(model)
    assert names[0].startswith("head_first")
    assert names[1:] == ["stem", "block0", "block1", "head", "top"]


def test_record_call_order_supports_integer_inputs_in_a_dict():
    x = {"ids": np.zeros((2, 5), "i4"), "weight": np.ones((2, 5), "f4")}
    assert _names(_built(Tokens(), x)) == ["embed", "out"]


def test_record_call_order_changes_no_weight():
    model = _built(HeadFirst(), np.zeros((2, 6), "f4"))
    before = model.get_weights()
    record_call_order(model)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert all("call" not in vars(layer) for layer in model.layers)


@pytest.mark.parametrize("make", [nets.functional, nets.sequential])
def test_record_call_order_of_static_models_is_not_needed(make):
    assert record_call_order(make()) == []


def test_record_call_order_of_untraceable_model_warns_with_the_order():
    class Untraceable(HeadFirst):
        def call(self, x):
            if not hasattr(x, "numpy") and isinstance(x, keras.KerasTensor):
                raise TypeError("needs values")
            return super().call(x)

    model = _built(Untraceable(), np.zeros((2, 6), "f4"))
    model.call = lambda x: 1 / 0
    with pytest.warns(UserWarning, match="in the order of their creation: "):
        assert record_call_order(model) == []


def test_plan_of_head_first_model_has_the_stem_early():
    model = _built(HeadFirst(), np.zeros((2, 6), "f4"))
    early, later = SEALCallback(generations=2).plan_for(model, 4).layers
    assert early[0] == "stem" and later[-1] == "head"


def test_llf_on_head_first_model_reinitializes_the_head():
    model = _built(HeadFirst(), np.zeros((2, 6), "f4"))
    before = {v.path: v.numpy() for v in model.weights}
    model.compile(
        keras.optimizers.SGD(0.0),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    model.fit(
        *nets.data(),
        epochs=2,
        verbose=0,
        callbacks=[LLFCallback(generations=2, split_at="head")],
    )
    changed = [
        v.path for v in model.weights if (v.numpy() != before[v.path]).any()
    ]
    assert len(changed) == 1 and changed[0].endswith("head/kernel")
