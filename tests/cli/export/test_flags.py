"""Flags of the export command."""

from absl import flags

from seal_tf.cli.export.flags import ExportSettings, define_flags


def test_export_settings_from_flags_splits_the_taps():
    values = flags.FlagValues()
    define_flags(values)
    values(["", "--taps=a,b", "--tap_pooling=1", "--preprocessing=tf"])
    assert ExportSettings.from_flags(values) == ExportSettings(
        "tf", ("a", "b"), 1
    )
