r"""Measure what trained networks have learned.

  python -m seal_tf.probe --export=runs/seal,runs/normal --out=DIR \
      --probe=prediction_depth --dataset=tiny_imagenet --data_dir=…

`--probe` is one of prediction_depth, linear, few_shot, ensemble, sharpness.
The command writes PROBE.json to DIR, which `python -m seal_tf.report` reads,
and its tables and figures as PROBE.html, PROBE.md and SVG. It caches
features beside each export, so that a second probe does not compute them.
"""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Sequence

from seal_tf.cli.data import read_splits
from seal_tf.cli.errors import exit_on_sigterm, one_line_errors
from seal_tf.cli.flags import flag_values as describe_flags
from seal_tf.cli.flags import parse
from seal_tf.cli.last_line import last_line_only
from seal_tf.cli.probe.flags import define_flags
from seal_tf.cli.probe.output_folder import check_writable
from seal_tf.cli.probe.settings import ProbeSettings
from seal_tf.cli.startup import start_tensorflow
from seal_tf.cli.versions import package_versions
from seal_tf.utils.files import write_json


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        argv: Command line without the program. None takes `sys.argv`.

    Returns:
        The exit code.
    """
    flag_values = parse(define_flags, __doc__ or "", argv)
    flag_of = {name: name for name in flag_values}
    start = time.monotonic()
    with (
        exit_on_sigterm(),
        one_line_errors(flag_of),
        last_line_only(flag_values.quiet),
    ):
        settings = ProbeSettings.from_flags(flag_values)
        check_writable(settings.out)
        start_tensorflow()
        import tensorflow as tf

        from seal_tf.cli.probe.networks import (
            check_export_flags,
            describe_other_exports,
            find_networks,
        )
        from seal_tf.cli.probe.session import ProbeSession
        from seal_tf.cli.probe.trained_images import describe_trained_images
        from seal_tf.reports.write import write_probe_report

        # TF32 products have ten bits, which changes nearest neighbors.
        tf.config.experimental.enable_tensor_float_32_execution(False)
        networks = find_networks(settings.networks)
        check_export_flags(
            [name for name in flag_values if flag_values[name].present],
            networks,
        )
        for line in (
            *describe_other_exports(networks),
            *describe_trained_images(networks, settings.data),
        ):
            print(line)
        session = ProbeSession(
            settings,
            networks,
            functools.partial(read_splits, settings.data),
        )
        results = settings.probe.run(session)
        file = settings.out / f"{settings.probe.name}.json"
        write_json(
            file,
            {
                "probe": settings.probe.name,
                "dataset": session.describe_data(),
                **results,
                "flags": describe_flags(flag_values),
                "seconds": round(time.monotonic() - start, 1),
                "versions": package_versions(),
            },
        )
        report = write_probe_report(file)
        print(f"results: {file}; tables and figures: {report}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
