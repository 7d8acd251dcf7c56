"""Features of examples together with their labels."""

from __future__ import annotations

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True, eq=False)
class LabeledFeatures:
    """Features and labels of one split.

    Args:
        features: [examples, features], an array or a memory map.
        labels: int [examples], from 0.
    """

    features: np.ndarray
    labels: np.ndarray
