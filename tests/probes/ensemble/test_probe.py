"""The ensemble probe over a session."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from seal_tf.probes.ensemble.compute import export_ensemble
from seal_tf.probes.ensemble.probe import EnsembleProbe
from seal_tf.probes.report_parts import GroupedResult, Subheading, Table
from tests.probes.fakes import FakeImages, FakeSession, entry, source


@pytest.fixture(scope="module")
def ensemble(tmp_path_factory):
    """A folder of an exported ensemble of three classes."""
    keras.utils.set_random_seed(0)
    members = [
        keras.Sequential(
            [
                keras.Input((4, 4, 1)),
                keras.layers.Flatten(),
                keras.layers.Dense(3),
            ]
        )
        for _ in range(2)
    ]
    return export_ensemble(
        members,
        tmp_path_factory.mktemp("run") / "export_ensemble",
        normalize=lambda x: tf.cast(x, tf.float32),
        card={"classes": ["a", "b", "c"]},
    )


class Session(FakeSession):
    """A session with five images of some labels."""

    def __init__(self, path, labels):
        super().__init__(sources=[source("run", path, workdir=path)])
        rng = np.random.default_rng(0)
        pixels = rng.integers(0, 255, (5, 4, 4, 1), np.uint8)
        self._images = FakeImages(labels, pixels=pixels)

    def read_images(self, image_shape, path):
        assert tuple(image_shape) == (4, 4, 1)
        return self._images, self._images


def test_run_evaluates_the_ensemble_of_a_workdir(ensemble, capsys):
    result = EnsembleProbe().run(Session(ensemble.parent, [0, 1, 2, 0, 1]))
    results = result["networks"][0]["results"]
    assert results["snapshots"] == 2
    assert len(results["members"]) == len(results["last"]) == 2
    assert results["interval"][0] <= results["last"][-1]
    assert "ensemble of 2 snapshots" in capsys.readouterr().out


def test_run_on_other_classes_raises(ensemble):
    with pytest.raises(ValueError, match="3 classes other than the 2"):
        EnsembleProbe().run(Session(ensemble.parent, [0, 1, 1, 0, 1]))


def test_run_without_an_ensemble_raises(tmp_path):
    with pytest.raises(ValueError, match="no ensemble found"):
        EnsembleProbe().run(Session(tmp_path, [0, 1, 2, 0, 1]))


def test_report_has_a_table_for_each_data_set():
    results = {"snapshots": 2, "members": [0.4, 0.5], "last": [0.5, 0.6]}
    grouped = GroupedResult({"label": "a"}, {"n": [entry("n", results)]})
    parts = list(EnsembleProbe.report([grouped, grouped]))
    assert [type(part) for part in parts] == [Subheading, Table] * 2
