"""The probes by name. Importing this module imports no TensorFlow."""

from __future__ import annotations

from seal_tf.probes.base import Probe
from seal_tf.probes.ensemble.probe import EnsembleProbe
from seal_tf.probes.few_shot.probe import FewShotProbe
from seal_tf.probes.linear.probe import LinearProbe
from seal_tf.probes.prediction_depth.probe import PredictionDepthProbe
from seal_tf.probes.sharpness.probe import SharpnessProbe

#: All probes, in the order of reports.
PROBES: dict[str, type[Probe]] = {
    probe.name: probe
    for probe in (
        PredictionDepthProbe,
        LinearProbe,
        FewShotProbe,
        EnsembleProbe,
        SharpnessProbe,
    )
}
