"""Flags of the prediction-depth probe."""

from absl import flags

from seal_tf.probes.prediction_depth.flags import (
    PredictionDepthSettings,
    define_flags,
)


def test_prediction_depth_settings_from_flags_has_the_same_defaults():
    values = flags.FlagValues()
    define_flags(values)
    flags.DEFINE_integer("seed", 0, "", flag_values=values)
    values([""])
    settings = PredictionDepthSettings.from_flags(values)
    assert settings == PredictionDepthSettings()
