"""The sharpness probe over a session."""

import keras
import numpy as np
import pytest

from seal_tf.probes.sharpness.flags import SharpnessSettings
from seal_tf.probes.sharpness.probe import SharpnessProbe
from tests.probes.fakes import FakeImages, FakeSession, source


class Session(FakeSession):
    """A session with twelve images of two classes."""

    def read_images(self, image_shape, path):
        rng = np.random.default_rng(0)
        pixels = rng.integers(0, 255, (12, 4, 4, 1), np.uint8)
        images = FakeImages(np.arange(12) % 2, pixels=pixels)
        images.image_shape = (4, 4, 1)
        return images, images


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(2)]
    )
    path = tmp_path_factory.mktemp("model") / "m.keras"
    model.save(path)
    return path


def test_run_measures_a_keras_file(file, capsys):
    settings = SharpnessSettings(
        images=8, power_iterations=3, trace_samples=2, preprocessing="unit"
    )
    session = Session(sources=[source("m", file, keras_file=file)])
    result = SharpnessProbe(settings).run(session)
    results = result["networks"][0]["results"]
    assert results["images"] == 8
    assert results["label_smoothing"] == 0.0
    assert results["largest_eigenvalue"]["iterations"] <= 3
    assert "8 training images drawn with seed 0" in result["protocol"]
    assert "largest eigenvalue" in capsys.readouterr().out


def test_run_with_other_classes_raises(file, tmp_path):
    export = tmp_path / "export"
    export.mkdir()
    (export / "card.json").write_text('{"classes": ["a", "z"]}')
    networks = [source("m", export, export=export, keras_file=file)]
    settings = SharpnessSettings(images=8, preprocessing="unit")
    with pytest.raises(ValueError, match="has other classes than fake"):
        SharpnessProbe(settings).run(Session(sources=networks))


@pytest.mark.parametrize(
    ("settings", "files", "message"),
    [
        (SharpnessSettings(), False, "sharpness needs the Keras model"),
        (SharpnessSettings(), True, "preprocessing=None"),
        (
            SharpnessSettings(images=13, preprocessing="unit"),
            True,
            "sharpness_images=13",
        ),
    ],
)
def test_run_with_bad_argument_raises(file, settings, files, message):
    keras_file = file if files else None
    session = Session(sources=[source("m", file, keras_file=keras_file)])
    with pytest.raises(ValueError, match=message):
        SharpnessProbe(settings).run(session)


@pytest.mark.parametrize(
    ("activation", "loss", "kind"),
    [
        ("sigmoid", "binary_crossentropy", "sigmoid"),
        (None, keras.losses.BinaryCrossentropy(True), "sigmoid_logits"),
        (None, "mse", "values"),
    ],
)
def test_run_with_other_outputs_than_classes_raises(
    tmp_path, activation, loss, kind
):
    model = keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(2, activation),
        ]
    )
    model.compile("sgd", loss)
    path = tmp_path / "m.keras"
    model.save(path)
    settings = SharpnessSettings(images=8, preprocessing="unit")
    session = Session(sources=[source("m", path, keras_file=path)])
    with pytest.raises(ValueError, match=f"Received: {kind}"):
        SharpnessProbe(settings).run(session)
