"""Flags of the sharpness probe."""

from absl import flags

from seal_tf.probes.sharpness.flags import SharpnessSettings, define_flags


def test_sharpness_settings_from_flags_has_the_same_defaults():
    values = flags.FlagValues()
    define_flags(values)
    flags.DEFINE_string("preprocessing", None, "", flag_values=values)
    flags.DEFINE_integer("seed", 0, "", flag_values=values)
    values([""])
    assert SharpnessSettings.from_flags(values) == SharpnessSettings()
