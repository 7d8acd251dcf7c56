"""Frozen prefixes of a model."""

import keras
import numpy as np
import pytest

from seal_tf import FreezeOutCallback, GenerationCallback
from seal_tf.schedules import FreezeOut
from seal_tf.training.freezing import FrozenLayers, FrozenPrefix
from seal_tf.training.layer_groups import forward_order
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


@pytest.mark.tensorflow
def test_set_removes_gradients_of_frozen_layers_from_the_graph():
    import tensorflow as tf

    from seal_tf.backends.tensorflow import TensorFlowBackend

    model = nets.blocks()
    model.compile("sgd", keras.losses.CategoricalCrossentropy(from_logits=True))
    control, prefix = _frozen_prefix(model)

    def count_filter_gradients():
        @tf.function
        def step(x, y):
            with control.step_context:
                return TensorFlowBackend().train_step(model, control, (x, y))

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


def test_frozen_layers_restores_every_layer_and_variable():
    model = nets.compiled(nets.blocks())
    model.get_layer("conv1_bn").trainable = False
    dense = model.layers[-1]
    # As `enable_lora` does: one variable of a trainable layer is frozen.
    dense.kernel.trainable = False
    before = [(v.path, v.trainable) for v in model.variables]
    frozen = FrozenLayers(forward_order(model))
    with frozen, frozen:
        assert not model.trainable_variables
    names = [layer.name for layer in model.layers if not layer.trainable]
    assert names == ["conv1_bn"]
    assert [(v.path, v.trainable) for v in model.variables] == before


def test_frozen_layers_of_a_model_with_own_weights_freezes_these_only():
    """Such as the class token of a transformer."""
    model = nets.WithToken()
    model(np.zeros((1, 4), "float32"))
    first, *others = forward_order(model)
    assert first.layer is model
    with FrozenLayers([first]):
        assert not model.token.trainable
        assert len(model.trainable_variables) == 6
    with FrozenLayers([first, others[0]]):
        assert len(model.trainable_variables) == 4
    assert len(model.trainable_variables) == 7


def test_files_that_are_saved_during_a_fit_have_the_users_values(tmp_path):
    model = nets.blocks()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss)
    x = np.zeros((8, 8, 8, 1), "float32")
    y = np.zeros(8, int)

    class Save(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.save(tmp_path / f"{epoch}.keras")

        def on_train_batch_end(self, batch, logs=None):
            assert all(layer.trainable for layer in self.model.layers)

    callbacks = [FreezeOutCallback(t0=0.3, learning_rate=0.1), Save()]
    model.fit(x, y, epochs=4, verbose=0, callbacks=callbacks)
    for epoch in range(4):
        saved = keras.saving.load_model(tmp_path / f"{epoch}.keras")
        assert all(layer.trainable for layer in saved.layers)


def test_fit_with_lora_keeps_single_frozen_weights():
    inputs = keras.Input((4,))
    dense = keras.layers.Dense(4, name="lora")
    x = dense(inputs)
    outputs = keras.layers.Dense(3, name="head")(x)
    model = keras.Model(inputs, outputs)
    dense.enable_lora(2)
    model.compile(keras.optimizers.SGD(0.1), "mse")
    trainable = {v.path: v.trainable for v in model.variables}
    kernel = np.array(dense._kernel)
    x, y = np.ones((8, 4), "float32"), np.ones((8, 3), "float32")
    for _ in range(2):
        freeze = FreezeOutCallback(
            t0=0.3, scaled=False, learning_rate=0.01, grouping="layers"
        )
        model.fit(x, y, epochs=4, verbose=0, callbacks=[freeze])
        assert {v.path: v.trainable for v in model.variables} == trainable
    model.fit(x, y, verbose=0)
    np.testing.assert_array_equal(dense._kernel, kernel)
