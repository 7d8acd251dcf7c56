"""Prepare a data set for training, once.

  python -m seal_tf.prepare_data --dataset=cifar100 --data_dir=DIR

The command downloads the archives if it can, or reads them from
--archive_dir under the names that it prints. Training never downloads; pass
it the same --dataset and --data_dir.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from absl import flags as absl_flags

import pipelines
from seal_tf.cli.errors import one_line_errors
from seal_tf.cli.flags import parse, require
from seal_tf.cli.last_line import define_quiet, last_line_only
from seal_tf.cli.startup import start_tensorflow


def define_flags(flags: absl_flags.FlagValues) -> None:
    """Define the flags of the command."""
    names = [n for n, d in pipelines.DATA_SETS.items() if d.can_be_prepared]
    absl_flags.DEFINE_enum(
        "dataset", None, names, "data set", flag_values=flags
    )
    absl_flags.DEFINE_string(
        "data_dir", None, "folder of the prepared data set", flag_values=flags
    )
    absl_flags.DEFINE_string(
        "archive_dir",
        None,
        "folder of the archives, also for downloads (default: "
        "DATA_DIR/archives)",
        flag_values=flags,
    )
    absl_flags.DEFINE_bool(
        "dry_run",
        False,
        "list the required files with their source, and whether they exist",
        flag_values=flags,
    )
    define_quiet(flags)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        argv: The words after the command's name. Defaults to `sys.argv[1:]`.

    Returns:
        The exit code.
    """
    flags = parse(define_flags, __doc__ or "", argv)
    flag_of = {name: name for name in flags}
    with one_line_errors(flag_of), last_line_only(flags.quiet):
        require(flags, dataset="NAME", data_dir="DIR")
        data_set = pipelines.DATA_SETS[flags.dataset]
        data_dir = Path(flags.data_dir)
        if data_dir.exists() and not data_dir.is_dir():
            raise ValueError(f"`data_dir={data_dir}` is not a folder.")
        start_tensorflow()
        from pipelines import preparation
        from pipelines.builders.factory import create_builder, is_prepared

        archive_dir = Path(flags.archive_dir or data_dir / "archives")
        was_prepared = is_prepared(data_dir, data_set)
        builder = create_builder(data_dir, data_set)
        print(
            preparation.describe_files(builder, data_set, archive_dir),
            flush=True,
        )
        if flags.dry_run:
            return 0
        path = preparation.prepare_data_set(data_set, data_dir, archive_dir)
        print(
            f"{data_set.name} is prepared in {path}"
            + (" already" if was_prepared else "")
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
