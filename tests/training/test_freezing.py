"""Frozen prefixes of a model."""

import keras
import tensorflow as tf

from seal_tf import GenerationCallback
from seal_tf.schedules import FreezeOut
from seal_tf.training.backends.tensorflow import train_step
from seal_tf.training.freezing import FrozenPrefix
from seal_tf.training.step_control import StepControl
from seal_tf.training.train_function import TrainFunction
from seal_tf.utils.patching import AttributePatcher
from tests.training import nets


def _frozen_prefix(model):
    callback = GenerationCallback(FreezeOut())
    control = StepControl(callback.plan_for(model, 4, 2))
    control.ensure_partition(model)
    owner = TrainFunction(model, AttributePatcher())
    return control, FrozenPrefix(model, control, owner)


def test_set_removes_gradients_of_frozen_layers_from_the_graph():
    model = nets.blocks()
    model.compile("sgd", keras.losses.CategoricalCrossentropy(from_logits=True))
    control, prefix = _frozen_prefix(model)

    def count_filter_gradients():
        @tf.function
        def step(x, y):
            return train_step(model, (x, y), control)

        graph = step.get_concrete_function(
            tf.TensorSpec((2, 8, 8, 1)), tf.TensorSpec((2, 4))
        ).graph
        return [op.type for op in graph.get_operations()].count(
            "Conv2DBackpropFilter"
        )

    assert count_filter_gradients() == 5
    prefix.set(3)
    # Without the stem, stage 2 and stage 3.
    assert count_filter_gradients() == 2
    prefix.set(0)
    assert count_filter_gradients() == 5


def test_set_rebuilds_the_train_function_only_on_a_change():
    model = nets.compiled(nets.blocks())
    _, prefix = _frozen_prefix(model)
    prefix.set(1)
    function = model.train_function
    assert function is not None
    prefix.set(1)
    assert model.train_function is function
    prefix.set(2)
    assert model.train_function is not function
    assert model.optimizer.built


def test_unfreeze_restores_the_users_values():
    model = nets.compiled(nets.blocks())
    model.get_layer("conv1_bn").trainable = False
    _, prefix = _frozen_prefix(model)
    prefix.set(2)
    assert not model.get_layer("conv2_block1_conv").trainable
    assert model.get_layer("conv3_block1_conv").trainable
    prefix.unfreeze()
    frozen = [layer.name for layer in model.layers if not layer.trainable]
    assert frozen == ["conv1_bn"]
