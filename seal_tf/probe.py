"""Asks networks what they learned:

  python -m seal_tf.probe --export=runs/seal,runs/normal --out=DIR \\
      --probe=prediction_depth --dataset=tiny_imagenet --data_dir=…

`--probe` is one of prediction_depth, linear, few_shot, ensemble, sharpness.
DIR gets PROBE.json, which `python -m seal_tf.report` reads, and its tables
and figures as PROBE.html, PROBE.md and PNG.
Features are kept beside each export, so that a second probe is instant.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
import time
from pathlib import Path

from seal_tf.commands import probe_flags
from seal_tf.commands.flags import (
    one_line_errors,
    parse,
    require,
    settings,
    stopped_by_sigterm,
)
from seal_tf.commands.quiet import start_tensorflow
from seal_tf.commands.summary import versions
from seal_tf.files import write_json


def main(argv=None) -> int:
    """Runs the command; returns its exit code."""
    flags = parse(
        probe_flags.define, __doc__, sys.argv[1:] if argv is None else argv
    )
    began = time.monotonic()
    with stopped_by_sigterm(), one_line_errors():
        _check(flags)
        start_tensorflow()
        import tensorflow as tf

        from seal_tf.commands.probing.asked import Asked
        from seal_tf.commands.probing.subjects import subjects
        from seal_tf.report.write import write_probe

        # A GPU's matrix products in ten bits would find other neighbours.
        tf.config.experimental.enable_tensor_float_32_execution(False)
        asked = Asked(flags, subjects(flags.export), Path(flags.out))
        probe = importlib.import_module(
            f"seal_tf.commands.probing.{flags.probe}"
        )
        found = probe.run(asked)
        file = asked.out / f"{flags.probe}.json"
        write_json(
            file,
            {
                "probe": flags.probe,
                "dataset": asked.said_of_data(),
                **found,
                "flags": settings(flags),
                "seconds": round(time.monotonic() - began, 1),
                "versions": versions(),
            },
        )
        page = write_probe(file)
    print(f"results: {file}; tables and figures: {page}")
    return 0


def _check(flags):
    require(flags, export="runs/seal", probe="linear", out="DIR")
    for shots in flags.shots:
        if not shots.isdecimal() or int(shots) < 1:
            raise ValueError(
                f"--shots={','.join(flags.shots)}: whole numbers of at least "
                "1, joined by commas."
            )
    if not flags.shots and not flags.all_way_shots:
        raise ValueError("give --shots=1,5 or --all_way_shots=20.")
    _check_out(Path(flags.out))


def _check_out(out):
    """Whether files can be written there; hours later is too late."""
    if out.exists() and not out.is_dir():
        raise ValueError(f"--out={out}: not a folder.")
    made = [p for p in (out, *out.parents) if not p.exists()]
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    finally:
        for folder in made:
            if folder.exists():
                folder.rmdir()


if __name__ == "__main__":
    sys.exit(main())
