"""Prepares a data set for training, once:

  python -m seal_tf.prepare_data --dataset=cifar100 --data_dir=DIR

Downloads where it can, or takes the archives that lie in --archive_dir under
the names that it prints; training never downloads. Give training the same
--dataset and --data_dir.
"""

from __future__ import annotations

import sys
from pathlib import Path

from absl import flags as absl_flags

import pipelines
from seal_tf.commands.flags import one_line_errors, parse, require
from seal_tf.commands.quiet import start_tensorflow


def define(values) -> None:
    """Defines the flags of this command on `values`."""
    names = [n for n, d in pipelines.DATA_SETS.items() if d.can_be_prepared]
    absl_flags.DEFINE_enum(
        "dataset", None, names, "which data set", flag_values=values
    )
    absl_flags.DEFINE_string(
        "data_dir", None, "where to put it", flag_values=values
    )
    absl_flags.DEFINE_string(
        "archive_dir",
        None,
        "where its archives are, or are downloaded to (default: "
        "DATA_DIR/archives)",
        flag_values=values,
    )
    absl_flags.DEFINE_bool(
        "dry_run",
        False,
        "only say which files are needed, from where, and whether they are "
        "there",
        flag_values=values,
    )


def main(argv=None) -> int:
    """Runs the command; returns its exit code."""
    flags = parse(define, __doc__, sys.argv[1:] if argv is None else argv)
    with one_line_errors():
        require(flags, dataset="NAME", data_dir="DIR")
        data_set = pipelines.DATA_SETS[flags.dataset]
        data_dir = Path(flags.data_dir).expanduser()
        if data_dir.exists() and not data_dir.is_dir():
            raise ValueError(f"--data_dir={data_dir}: not a folder.")
        start_tensorflow()
        from pipelines import prepare
        from pipelines.sources.prepared import builder, is_prepared

        archive_dir = Path(flags.archive_dir or data_dir / "archives")
        done = is_prepared(data_dir, data_set)
        made = builder(data_dir, data_set)
        print(prepare.describe(made, data_set, archive_dir), flush=True)
        if flags.dry_run:
            return 0
        path = prepare.prepare(data_set, data_dir, archive_dir)
    print(
        f"{data_set.name} is prepared in {path}" + (" already" if done else "")
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
