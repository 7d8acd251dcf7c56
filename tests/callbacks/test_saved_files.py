"""Files of a run load without seal_tf."""

import subprocess
import sys

import keras
import numpy as np
import pytest

from seal_tf import SEALCallback, SEALModel
from seal_tf.optimizers import SGD
from tests.training import nets

LOAD_WITHOUT_SEAL_TF = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("seal_tf", "pipelines"):
            raise ImportError(name)
sys.meta_path.insert(0, Missing())
import keras, numpy as np
for path in sys.argv[2:]:
    model = keras.saving.load_model(path)
    x = np.load(sys.argv[1])
    np.save(path + ".npy", model.predict(x, verbose=0))
    model.fit(x, np.zeros(len(x)), epochs=1, verbose=0)
"""


@pytest.mark.parametrize(
    "kind",
    ["functional", pytest.param("unbuilt sequential", marks=pytest.mark.slow)],
)
def test_files_saved_during_and_after_fit_load_without_seal_tf(tmp_path, kind):
    x, y = nets.data()
    during, after = tmp_path / "during.keras", tmp_path / "after.keras"
    model = nets.compiled(nets.KINDS[kind]())
    cls = type(model)
    model.fit(
        x,
        y,
        epochs=6,
        verbose=0,
        callbacks=[
            SEALCallback(generations=2, ascent_epochs=2),
            # This saves the model within an ascent.
            keras.callbacks.ModelCheckpoint(str(during)),
            _StopAfterEpoch(4),
        ],
    )
    assert type(model) is cls
    model.save(after)
    np.save(tmp_path / "x.npy", x)
    subprocess.run(
        [
            sys.executable,
            "-c",
            LOAD_WITHOUT_SEAL_TF,
            *map(str, (tmp_path / "x.npy", during, after)),
        ],
        check=True,
    )
    for path in (during, after):
        np.testing.assert_allclose(
            np.load(f"{path}.npy"), model.predict(x, verbose=0), atol=1e-5
        )


class _StopAfterEpoch(keras.callbacks.Callback):
    def __init__(self, epoch):
        super().__init__()
        self._epoch = epoch

    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = epoch == self._epoch


def test_seal_model_and_sgd_from_a_file_are_the_same_classes(tmp_path):
    x, y = nets.data()
    inner = nets.functional()
    model = nets.compiled(
        SEALModel(inner.inputs, inner.outputs), SGD(0.1, 0.9, True, 1e-3)
    )
    model.fit(x, y, epochs=2, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert isinstance(loaded, SEALModel)
    assert isinstance(loaded.optimizer, SGD)
    assert loaded.optimizer.get_config() == model.optimizer.get_config()
    for a, b in zip(
        model.optimizer.variables, loaded.optimizer.variables, strict=True
    ):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
