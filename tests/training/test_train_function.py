"""The order of the wrappers of a train function."""

import pytest

from seal_tf.backends import get_backend
from seal_tf.training import train_function
from seal_tf.training.train_function import SkipCompletedSteps, TrainFunction
from seal_tf.utils.patching import AttributePatcher
from tests.training import nets


class _Model:
    """The methods of a Keras model that this module uses."""

    def __init__(self):
        self.train_function = self.test_function = None
        self.predict_function = None
        self.makes = 0

    def make_train_function(self, force=False):
        if self.train_function is None or force:
            self.makes += 1
            self.train_function = lambda iterator, n=self.makes: [f"step {n}"]

    def train_step(self, data):
        return {}

    def get_metrics_result(self):
        return ["restored"]


def _wrapper(name):
    return lambda inner, iterator: [name, *inner(iterator)]


@pytest.fixture
def model():
    return _Model()


@pytest.fixture
def patcher():
    return AttributePatcher()


def test_set_wrapper_in_any_sequence_composes_in_the_stated_order(
    model, patcher
):
    owner = TrainFunction(model, patcher)
    owner.set_wrapper("skip_completed_steps", _wrapper("skip"))
    owner.set_wrapper("capture_batches", _wrapper("capture"))
    assert model.train_function is None
    model.make_train_function()
    assert owner.ORDER == ("capture_batches", "skip_completed_steps")
    assert model.train_function(None) == ["skip", "capture", "step 1"]


def test_set_wrapper_none_removes_only_that_wrapper(model, patcher):
    owner = TrainFunction(model, patcher)
    model.make_train_function()
    for name in owner.ORDER:
        owner.set_wrapper(name, _wrapper(name))
    owner.set_wrapper("skip_completed_steps", None)
    assert model.train_function(None) == ["capture_batches", "step 1"]
    owner.set_wrapper("capture_batches", None)
    assert model.train_function(None) == ["step 1"]


def test_rebuild_makes_the_function_again_and_keeps_the_wrappers(
    model, patcher
):
    owner = TrainFunction(model, patcher)
    owner.set_wrapper("capture_batches", _wrapper("capture"))
    owner.rebuild()
    owner.rebuild()
    assert model.train_function(None) == ["capture", "step 2"]
    # Without force an existing function stays.
    model.make_train_function()
    assert model.makes == 2


def test_refresh_wraps_a_function_that_was_set_elsewhere(model, patcher):
    owner = TrainFunction(model, patcher)
    owner.rebuild()
    owner.set_wrapper("capture_batches", _wrapper("capture"))
    model.train_function = lambda iterator: ["other"]
    owner.refresh()
    assert model.train_function(None) == ["capture", "other"]
    owner.refresh()
    assert model.train_function(None) == ["capture", "other"]


def test_restore_discards_the_function_and_the_patch(model, patcher):
    owner = TrainFunction(model, patcher)
    owner.rebuild()
    patcher.restore()
    assert model.train_function is None
    assert "make_train_function" not in vars(model)


def test_skip_completed_steps_skips_then_removes_itself(model, patcher):
    owner = TrainFunction(model, patcher)
    owner.rebuild()
    skip = SkipCompletedSteps(owner, model, 2, {})
    owner.set_wrapper("skip_completed_steps", skip)
    results = [model.train_function(None) for _ in range(4)]
    restored = get_backend().skipped_step(["restored"], None)
    assert results == [restored] * 2 + [["step 1"]] * 2
    owner.rebuild()
    assert model.train_function(None) == ["step 2"]


def test_invalidate_discards_functions(model):
    model.train_function = model.test_function = 1
    model.predict_function = 1
    train_function.invalidate_inference(model)
    assert (model.test_function, model.predict_function) == (None, None)
    assert model.train_function == 1
    train_function.invalidate(model)
    assert model.train_function is None


@pytest.mark.parametrize("kind", ["train", "test"])
def test_patch_factory_replaces_the_method_until_restore(kind, patcher):
    model = nets.compiled(nets.functional())
    functions = []

    def factory():
        functions.append(object())
        return functions[-1]

    train_function.patch_factory(model, kind, factory, patcher)
    make = getattr(model, f"make_{kind}_function")
    make()
    make()
    assert getattr(model, f"{kind}_function") is functions[0]
    make(force=True)
    assert getattr(model, f"{kind}_function") is functions[1]
    patcher.restore()
    assert f"make_{kind}_function" not in vars(model)
