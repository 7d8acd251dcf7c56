r"""Find the method that helps on your images.

  python -m seal_tf.study --data_dir=photos.zip --hours=2 --workdir=runs/study

The command measures an epoch on this machine, lays out a plan for the hours
(--dry_run prints it), tunes every candidate on images held out of the training
set, trains the best ones with several seeds, and writes study.html: which
method is better, by how many points, and the command that trains it. Rerun the
same command to resume. Start it several times, on one or more machines, with
the same --storage to share the work.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from seal_tf.cli.errors import fail, one_line_errors
from seal_tf.cli.flags import parse
from seal_tf.cli.last_line import last_line_only
from seal_tf.study.file_lock import FileLock
from seal_tf.study.flags import REPLACED, define_study_flags
from seal_tf.study.settings import StudySettings, study_settings
from seal_tf.study.training_process import TrainingFailedError

#: Signals that stop the command.
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        argv: The words after the command's name. None takes `sys.argv`.

    Returns:
        The exit code.
    """
    flags = parse(define_study_flags, __doc__ or "", argv, REPLACED)
    with one_line_errors({name: name for name in flags}):
        settings = study_settings(flags)
    previous = {n: signal.getsignal(n) for n in _STOP_SIGNALS}
    for number in _STOP_SIGNALS:
        # A shell may have started the command with Ctrl-C ignored.
        if previous[number] != signal.SIG_IGN:
            signal.signal(number, _interrupt)
    try:
        with (
            last_line_only(flags.quiet),
            one_line_errors({name: name for name in flags}),
        ):
            return _run(settings, flags.dry_run)
    except TrainingFailedError as error:
        fail(f"the first run failed: {error}")
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _run(settings: StudySettings, dry_run: bool) -> int:
    from seal_tf.study import report, study_plan, worker

    try:
        if dry_run:
            print(study_plan.dry_run(settings))
            return 0
        result = worker.run_study(
            settings, lambda line: print(line, flush=True)
        )
    except KeyboardInterrupt:
        print(
            "seal_tf: stopped. Run the same command to resume.",
            file=sys.stderr,
        )
        return 130
    # Workers of this machine end at the same time.
    with FileLock(settings.workdir / "study.lock"):
        page = report.write_study(settings, result)
    print(f"study: {page.resolve().as_uri()}")
    return 0


def _interrupt(signum: int, frame: FrameType | None) -> None:
    """Stop: the training saves a checkpoint, which takes a while."""
    # A handler must not use the buffers of sys.stderr.
    os.write(2, b"seal_tf: stopping; waiting for the training to end.\n")
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
