"""Flags of the probe command."""

from absl import flags

from seal_tf.cli.probe.flags import define_flags
from seal_tf.probes.features import FEATURE_DTYPES
from seal_tf.probes.registry import PROBES


def test_define_flags_offers_all_probes_and_dtypes():
    values = flags.FlagValues()
    define_flags(values)
    assert values["probe"].parser.enum_values == list(PROBES)
    dtypes = values["feature_dtype"].parser.enum_values
    assert dtypes == list(FEATURE_DTYPES)
