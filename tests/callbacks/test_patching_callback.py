"""Layers that are patched for the length of a fit."""

import keras
import pytest

from seal_tf.callbacks.patching_callback import PatchingCallback
from tests.training import nets


class _Doubling(PatchingCallback):
    def patch_layers(self, model, patcher):
        patcher.wrap(
            model.get_layer("first"), "call", lambda call, x, **_: 2 * call(x)
        )


class _Look(keras.callbacks.Callback):
    """Records whether the layer is patched; may interrupt the fit."""

    def __init__(self, error=None):
        super().__init__()
        self._error = error

    def on_train_batch_end(self, batch, logs=None):
        self.is_patched = "call" in vars(self.model.get_layer("first"))
        if self._error:
            raise self._error


@pytest.mark.parametrize("error", [None, KeyboardInterrupt()])
def test_layers_are_patched_in_fit_and_plain_after_it(error):
    x, y = nets.data()
    model = nets.compiled(nets.functional())
    expected = model.predict(x, verbose=0)
    model.trainable = False
    nets.compiled(model)
    look = _Look(error)
    try:
        model.fit(x, y, verbose=0, callbacks=[_Doubling(), look])
    except KeyboardInterrupt:
        assert error
    assert look.is_patched
    assert (model.predict(x, verbose=0) == expected).all()
    assert "call" not in vars(model.get_layer("first"))


def test_patch_layers_must_be_defined():
    x, y = nets.data()
    with pytest.raises(NotImplementedError):
        nets.compiled(nets.functional()).fit(
            x, y, verbose=0, callbacks=[PatchingCallback()]
        )
