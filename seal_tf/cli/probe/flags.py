"""Flags of the probe command. Importing this imports no TensorFlow."""

from __future__ import annotations

from absl import flags

from seal_tf.cli.data import define_data_flags
from seal_tf.cli.export.flags import (
    define_preprocessing_flag,
    define_tap_flags,
)
from seal_tf.cli.help import HelpLayout, define_groups
from seal_tf.cli.last_line import define_quiet
from seal_tf.probes.registry import PROBES

#: The flags that matter most.
FIRST = (
    "export",
    "probe",
    "out",
    "dataset",
    "data_dir",
    "image_size",
    "tap",
    "preprocessing",
    "seed",
    "progress",
)


def define_flags(flag_values: flags.FlagValues) -> HelpLayout:
    """Define the flags of all probes and those that probes share.

    Args:
        flag_values: Where to define the flags.

    Returns:
        The layout of their help.
    """
    groups = define_groups(
        flag_values,
        {
            "networks and output": _define_networks,
            "data": define_data_flags,
            "features": _define_feature_flags,
            "export of .keras files": _define_export_flags,
            **{
                f"probe {name}": probe.define_flags
                for name, probe in PROBES.items()
            },
        },
    )
    return HelpLayout(groups, FIRST)


def _define_export_flags(flag_values: flags.FlagValues) -> None:
    define_preprocessing_flag(flag_values)
    define_tap_flags(flag_values)


def _define_networks(flag_values: flags.FlagValues) -> None:
    flags.DEFINE_list(
        "export",
        [],
        "networks to probe: folders of exports, work directories or .keras "
        "files, separated by commas",
        flag_values=flag_values,
    )
    flags.DEFINE_enum(
        "probe",
        None,
        list(PROBES),
        "name of the probe",
        flag_values=flag_values,
    )
    flags.DEFINE_string(
        "out", None, "folder for results and figures", flag_values=flag_values
    )
    flags.DEFINE_string(
        "tap",
        "penultimate",
        "linear, few_shot: the tap whose features are classified",
        flag_values=flag_values,
    )
    flags.DEFINE_integer(
        "seed",
        0,
        "seed of held-out tenths, episodes and bootstrap",
        0,
        flag_values=flag_values,
    )
    flags.DEFINE_enum(
        "progress",
        "auto",
        ["auto", "bar", "lines", "none"],
        "auto: progress bars on a terminal, otherwise a line for each step",
        flag_values=flag_values,
    )
    define_quiet(flag_values)


def _define_feature_flags(flag_values: flags.FlagValues) -> None:
    flags.DEFINE_string(
        "cache_dir",
        None,
        "folder for features (default: NAME_features beside the export)",
        flag_values=flag_values,
    )
    flags.DEFINE_enum(
        "feature_dtype",
        "float16",
        # The values of seal_tf.probes.features, which imports NumPy.
        ["float16", "float32"],
        "dtype of features on disk",
        flag_values=flag_values,
    )
    flags.DEFINE_float(
        "cache_gb",
        32.0,
        "largest size of the features of one split on disk, in GB",
        0.0,
        flag_values=flag_values,
    )
    flags.DEFINE_integer(
        "batch_size", 100, "images in a batch", 1, flag_values=flag_values
    )
