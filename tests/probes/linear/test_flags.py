"""Flags of the linear probe."""

from absl import flags

from seal_tf.probes.linear.flags import LinearSettings, define_flags


def test_linear_settings_from_flags_takes_shared_and_own_flags():
    values = flags.FlagValues()
    define_flags(values)
    flags.DEFINE_string("tap", "x", "", flag_values=values)
    flags.DEFINE_integer("seed", 3, "", flag_values=values)
    values(["", "--linear_seeds=2"])
    assert LinearSettings.from_flags(values) == LinearSettings("x", 3, 2)
