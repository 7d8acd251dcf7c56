"""The flags of `seal_tf.probe`. Imports no TensorFlow."""

from __future__ import annotations

from absl import flags

from seal_tf.commands import data_flags, export_flags
from seal_tf.commands.probing import PROBES
from seal_tf.probes import names


def define(values) -> None:
    """Defines all flags of probing on `values`."""
    flags.DEFINE_list(
        "export",
        [],
        "what to probe: folders of exports, work directories or .keras "
        "files, side by side",
        flag_values=values,
    )
    flags.DEFINE_enum(
        "probe", None, list(PROBES), "what to ask", flag_values=values
    )
    flags.DEFINE_string(
        "out", None, "folder for results and figures", flag_values=values
    )
    data_flags.define(values)
    _define_features(values)
    _define_depth(values)
    _define_transfer(values)
    _define_sharpness(values)
    export_flags.define_preprocessing(values)
    export_flags.define_taps(values)
    flags.DEFINE_integer(
        "seed",
        0,
        "seed of what is drawn: held-out tenths, episodes, resamples",
        0,
        flag_values=values,
    )
    flags.DEFINE_enum(
        "progress",
        "auto",
        ["auto", "bar", "lines", "none"],
        "auto: bars with the time left on a terminal, else a line a step",
        flag_values=values,
    )


def _define_features(values):
    flags.DEFINE_string(
        "cache_dir",
        None,
        "folder for features (default: NAME_features beside the export)",
        flag_values=values,
    )
    flags.DEFINE_enum(
        "feature_dtype",
        "float16",
        list(names.FEATURE_DTYPES),
        "how features are kept on disk",
        flag_values=values,
    )
    flags.DEFINE_float(
        "cache_gb",
        32.0,
        "what the features of one split may take on disk",
        0.0,
        flag_values=values,
    )
    flags.DEFINE_float(
        "memory_gb",
        4.0,
        "what looking for neighbours may take in memory",
        0.1,
        flag_values=values,
    )
    flags.DEFINE_integer(
        "batch_size", 100, "images at once", 1, flag_values=values
    )


def _define_depth(values):
    flags.DEFINE_integer(
        "k", 30, "prediction_depth: neighbours that vote", 1, flag_values=values
    )


def _define_transfer(values):
    flags.DEFINE_string(
        "tap",
        "penultimate",
        "linear, few_shot: the tap whose features are used",
        flag_values=values,
    )
    flags.DEFINE_integer(
        "linear_seeds",
        3,
        "linear: held-out tenths to choose the strength on, one after the "
        "other",
        1,
        flag_values=values,
    )
    flags.DEFINE_integer(
        "ways", 5, "few_shot: classes of an episode", 2, flag_values=values
    )
    flags.DEFINE_list(
        "shots",
        ["1", "5", "20"],
        "few_shot: support images of each class, several settings",
        flag_values=values,
    )
    flags.DEFINE_integer(
        "queries",
        15,
        "few_shot: query images of each class",
        1,
        flag_values=values,
    )
    flags.DEFINE_integer(
        "episodes", 600, "few_shot: episodes", 1, flag_values=values
    )
    flags.DEFINE_integer(
        "all_way_shots",
        20,
        "few_shot: support images of each class with all classes and all "
        "test images; 0: none of that",
        0,
        flag_values=values,
    )
    flags.DEFINE_integer(
        "all_way_episodes",
        10,
        "few_shot: episodes with all classes",
        1,
        flag_values=values,
    )
    flags.DEFINE_enum(
        "classifier",
        "ridge",
        list(names.CLASSIFIERS),
        "few_shot: what is fitted in each episode",
        flag_values=values,
    )
    flags.DEFINE_float(
        "strength",
        1.0,
        "few_shot: ridge's penalty, or C of logistic regression",
        1e-12,
        flag_values=values,
    )


def _define_sharpness(values):
    flags.DEFINE_integer(
        "sharpness_images",
        512,
        "sharpness: training images of the batch",
        1,
        flag_values=values,
    )
    flags.DEFINE_integer(
        "power_iterations",
        100,
        "sharpness: iterations for the largest eigenvalue, at most",
        2,
        flag_values=values,
    )
    flags.DEFINE_integer(
        "trace_samples",
        30,
        "sharpness: random vectors of Hutchinson's estimator",
        1,
        flag_values=values,
    )
    flags.DEFINE_float(
        "label_smoothing",
        None,
        "sharpness: of the loss (default: as the run was trained, else 0)",
        0,
        0.99,
        flag_values=values,
    )
