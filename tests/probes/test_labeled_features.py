"""Features with labels."""

import dataclasses

import numpy as np
import pytest

from seal_tf.probes.labeled_features import LabeledFeatures


def test_labeled_features_are_frozen():
    part = LabeledFeatures(np.zeros((2, 3)), np.array([0, 1]))
    with pytest.raises(dataclasses.FrozenInstanceError):
        part.labels = np.array([1, 0])
