"""The registry of probes."""

import subprocess
import sys

from absl import flags

from seal_tf.probes.registry import PROBES


def test_registry_lists_probes_by_name_in_the_order_of_reports():
    assert list(PROBES) == [
        "prediction_depth",
        "linear",
        "few_shot",
        "ensemble",
        "sharpness",
    ]
    assert all(probe.name == name for name, probe in PROBES.items())


def test_registry_defines_different_flags_for_all_probes():
    values = flags.FlagValues()
    for probe in PROBES.values():
        probe.define_flags(values)
    assert "k" in values
    assert "shots" in values


def test_registry_import_is_light():
    code = (
        "import sys; from seal_tf.cli.probe import flags;"
        "from absl.flags import FlagValues; flags.define_flags(FlagValues());"
        "heavy = {'tensorflow', 'keras', 'numpy', 'matplotlib', 'scipy'};"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
