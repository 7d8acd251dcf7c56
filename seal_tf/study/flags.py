"""The flags of `seal_tf.study`."""

from __future__ import annotations

from absl import flags as absl_flags

from seal_tf.cli.help import HelpLayout
from seal_tf.cli.last_line import define_quiet
from seal_tf.cli.train.flags import define_train_flags
from seal_tf.study.candidate_file import load_candidates

#: Candidates without `--candidates`, by importance. SWA and MixUp were best of
#: twelve on held-out images (`eurosat_study` in docs/results), and the short
#: decay and SWA gained most with wrong labels (`label_noise`).
DEFAULT_CANDIDATES = ("long", "swa", "mixup", "short_decay", "seal", "llf")
#: Flags of `seal_tf.train` that a study sets itself, and what to use instead.
REPLACED = {
    "method": "--candidates=seal,llf names what is compared",
    "generations": (
        "the study tunes it; --candidates=FILE.toml sets the numbers to try"
    ),
    "epochs_per_generation": "--epochs=96 sets the epochs of a whole run",
    "val_from_train": (
        "--held_out=0.2 is the fraction on which settings are chosen"
    ),
    "progress": "--quiet prints the last line only",
}
#: Flags with another meaning in a study.
_REDEFINED = ("seeds", "seed", "workdir", "dry_run", "quiet")
#: Flags of the study itself.
STUDY_FLAGS = (
    *("hours", "passes", "candidates", "epochs", "trials", "seeds"),
    *("train_command", "storage", "study_name", "held_out"),
    *("smallest_difference", "seed", "workdir", "dry_run", "quiet"),
)
#: The flags that matter most.
_FIRST = (
    *("dataset", "data_dir", "arch", "hours", "candidates", "seeds"),
    *("train_command", "storage", "workdir", "dry_run"),
)
#: Flags of `seal_tf.train` with another default: a user's images, and a
#: network that a CPU trains in minutes.
DEFAULTS = {"dataset": "image_folder", "arch": "small"}


def define_study_flags(flags: absl_flags.FlagValues) -> HelpLayout:
    """Define all flags of a study, and return the layout of their help."""
    training = define_train_flags(flags)
    for name in (*REPLACED, *_REDEFINED):
        delattr(flags, name)
    for name, value in DEFAULTS.items():
        flags.set_default(name, value)
    _define_budget(flags)
    _define_storage(flags)
    groups: dict[str, tuple[str, ...]] = {"study": STUDY_FLAGS}
    for title, names in training.groups.items():
        # The flags of all methods are one group.
        title = "methods" if title.startswith("method ") else title
        groups[title] = (
            *groups.get(title, ()),
            *(n for n in names if n in flags and n not in STUDY_FLAGS),
        )
    # The flag files of training name a method, which a study does not accept.
    inherited = tuple(title for title in groups if title != "study")
    return HelpLayout(groups, _FIRST, inherited=inherited)


def _define_budget(flags: absl_flags.FlagValues) -> None:
    absl_flags.DEFINE_float(
        "hours",
        None,
        "budget in hours of one worker; several workers need less time",
        flag_values=flags,
    )
    absl_flags.DEFINE_float(
        "passes",
        None,
        "budget in passes of all runs together, over the images that are not "
        "held out, instead of --hours",
        flag_values=flags,
    )
    absl_flags.DEFINE_list(
        "candidates",
        [],
        "what to compare with one long cosine: names of "
        f"{', '.join(load_candidates())}; llf+swa composes two. Or a file, "
        "FILE.toml, in the form of seal_tf/study/candidates.toml (default: "
        f"{','.join(DEFAULT_CANDIDATES[1:])}, or as many as fit)",
        flag_values=flags,
    )
    absl_flags.DEFINE_integer(
        "epochs",
        None,
        "epochs of every run, a multiple of 8 so that generations divide "
        "them (default: as many as fit)",
        1,
        flag_values=flags,
    )
    absl_flags.DEFINE_integer(
        "trials",
        None,
        "trials of each candidate (default: as many as fit)",
        1,
        flag_values=flags,
    )
    absl_flags.DEFINE_integer(
        "seeds",
        None,
        "seeds of each finalist, at least (default: 3, or more if they fit). "
        "A larger number continues a finished study",
        2,
        flag_values=flags,
    )
    absl_flags.DEFINE_float(
        "held_out",
        0.2,
        "fraction of each class's training images on which settings are chosen",
        0.01,
        0.9,
        flag_values=flags,
    )
    absl_flags.DEFINE_float(
        "smallest_difference",
        1.0,
        "smallest difference that matters, in percentage points",
        flag_values=flags,
    )
    absl_flags.DEFINE_integer(
        "seed", 0, "seed of the study", 0, flag_values=flags
    )


def _define_storage(flags: absl_flags.FlagValues) -> None:
    absl_flags.DEFINE_string(
        "train_command",
        None,
        "a command of your own, such as 'python my_train.py', instead of "
        "seal_tf.train. It gets the flags of a candidate, --epochs, --seed, "
        "--evaluate_on=validation|test and --workdir, and writes "
        'WORKDIR/result.json: {"accuracy": 0.81}. --learning_rate is its '
        "usual rate, of which multiples are tried",
        flag_values=flags,
    )
    absl_flags.DEFINE_string(
        "storage",
        None,
        "where several workers share the study: postgresql://…, or a journal "
        "file on a shared disk, STUDY.log (default: an SQLite file in the "
        "work directory)",
        flag_values=flags,
    )
    absl_flags.DEFINE_string(
        "study_name",
        None,
        "name of the study in the storage (default: that of the work "
        "directory)",
        flag_values=flags,
    )
    absl_flags.DEFINE_string(
        "workdir",
        None,
        "folder for all files; the same flags resume (default: runs/study)",
        flag_values=flags,
    )
    absl_flags.DEFINE_bool(
        "dry_run",
        False,
        "measure, print the plan, and stop",
        flag_values=flags,
    )
    define_quiet(flags)
