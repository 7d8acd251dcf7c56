"""Backbones of KerasCV, if the extra `cv` is installed."""

import sys

import pytest

from seal_tf import models
from seal_tf.models.keras_cv_backbone import keras_cv_backbone
from seal_tf.training.layer_groups import partition


@pytest.mark.slow
@pytest.mark.parametrize("name", ["resnet18", "resnet50_v2"])
def test_keras_cv_backbone_has_classifier_and_split(name):
    pytest.importorskip("keras_cv")
    model = models.build(f"keras_cv:{name}", (32, 32, 3), 5)
    assert model.output_shape == (None, 5)
    layout = partition(model, models.default_split(f"keras_cv:{name}"))
    assert all(any(leaf.own for leaf in side) for side in layout.leaves)
    with pytest.raises(ValueError, match="did you mean resnet18"):
        models.build("keras_cv:resnet_18", (32, 32, 3), 5)


def test_keras_cv_backbone_without_keras_cv_raises(monkeypatch):
    monkeypatch.setitem(sys.modules, "keras_cv", None)
    with pytest.raises(ValueError, match="pip install 'seal_tf\\[cv\\]'"):
        keras_cv_backbone((32, 32, 3), 5, "resnet18")
