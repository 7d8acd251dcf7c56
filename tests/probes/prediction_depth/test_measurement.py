"""Measuring prediction depths over a session."""

import types

import numpy as np
import pytest

from seal_tf.probes.network import Network
from seal_tf.probes.prediction_depth.flags import PredictionDepthSettings
from seal_tf.probes.prediction_depth.measurement import measure_depths
from tests.probes.fakes import FakeSession, gaussian_classes


class Session(FakeSession):
    """A session whose network classifies by the true class."""

    output_kind = "softmax"

    def __init__(self, is_own_data):
        splits = [gaussian_classes(40), gaussian_classes(16, seed=1)]
        super().__init__(splits)
        self._is_own_data = is_own_data
        for name, images in zip("tv", self._splits, strict=True):
            images.name = name
            images.pixels = np.zeros((len(images), 4, 4, 3), "u1")

    def load(self, source):
        card = {
            "taps": {"penultimate": [6]},
            "input": {"shape": [4, 4, 3]},
            "output_kind": self.output_kind,
            "classes": list("abcd") if self._is_own_data else [],
        }
        model = types.SimpleNamespace(serve=None)
        return Network(source.name, source.path, card, model, "0")

    def logits(self, source, images):
        return np.eye(4, dtype="f4")[images.labels]

    def learning_record(self, source, splits):
        return {"train": np.ones((3, 40), bool)}


def test_measure_depths_on_own_data_reports_agreement():
    session = Session(is_own_data=True)
    measurement = measure_depths(
        session, session.networks[0], PredictionDepthSettings(k=5)
    )
    splits = measurement.results["splits"]
    assert splits["train"]["agreement"]["mean"] < 1.2
    epochs = splits["train"]["agreement"]["learning_epochs"]
    assert epochs["first_correct"][0]["mean"] == 0.0
    assert "learning_epochs" not in splits["validation"]["agreement"]
    arrays = measurement.arrays
    assert arrays["validation_predictions"].shape == (1, 16)
    np.testing.assert_array_equal(
        arrays["train_agreement"], arrays["train_correctness"]
    )
    assert len(measurement.panels["easiest"]) == 12
    assert measurement.sheet_title == "net: agreement, v"


def test_measure_depths_on_other_data_reports_correctness_only():
    session = Session(is_own_data=False)
    measurement = measure_depths(
        session, session.networks[0], PredictionDepthSettings(k=5)
    )
    split = measurement.results["splits"]["validation"]
    assert "agreement" not in split
    assert "by_depth" not in split["correctness"]


def test_measure_depths_with_large_k_raises():
    session = Session(is_own_data=False)
    with pytest.raises(ValueError, match="k=40"):
        measure_depths(
            session, session.networks[0], PredictionDepthSettings(k=40)
        )


def test_measure_depths_of_sigmoids_on_own_data_raises():
    session = Session(is_own_data=True)
    session.output_kind = "sigmoid"
    settings = PredictionDepthSettings(k=5)
    with pytest.raises(ValueError, match="prediction depth .* sigmoid"):
        measure_depths(session, session.networks[0], settings)
    # On other classes the outputs of the network are not used.
    session = Session(is_own_data=False)
    session.output_kind = "sigmoid"
    measure_depths(session, session.networks[0], settings)
