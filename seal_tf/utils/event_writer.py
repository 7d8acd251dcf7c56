"""Write TensorBoard's event files, on any backend of Keras."""

from __future__ import annotations

import contextlib
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tensorboard.compat.proto import event_pb2
from tensorboard.plugins.hparams import summary_v2 as hparams_summary
from tensorboard.plugins.scalar.summary_v2 import scalar_pb
from tensorboard.plugins.text.summary_v2 import text_pb
from tensorboard.summary.writer.event_file_writer import EventFileWriter


def is_file_error(error: BaseException) -> bool:
    """Return whether an error is that of a file, such as a full disk.

    TensorBoard's file may be one of TensorFlow, which has errors of its own.
    """
    return isinstance(error, OSError) or type(error).__module__.startswith(
        "tensorflow."
    )


class FileErrors:
    """Errors of the files of a writer: a warning, and nothing more is written.

    Args:
        folder: Folder of the files, for the warning.

    Attributes:
        occurred: Whether a file could not be written.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self.occurred = False

    @contextlib.contextmanager
    def tolerated(self) -> Iterator[None]:
        """Turn the first error of a file into a warning, and ignore others."""
        try:
            yield
        except Exception as error:
            if not is_file_error(error):
                raise
            if not self.occurred:
                self._warn(error)
            self.occurred = True

    def _warn(self, error: Exception) -> None:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        warnings.warn(
            f"{self._folder}: {reason}. Training continues; TensorBoard shows "
            "nothing of the later epochs of this fit.",
            RuntimeWarning,
            stacklevel=5,
        )


class EventWriter:
    """A file of scalars, texts and hyperparameters for TensorBoard.

    If the file cannot be written, a warning says so, and nothing more is.

    Args:
        folder: Folder of the file; None writes nothing.
    """

    def __init__(self, folder: str | Path | None) -> None:
        self._folder = str(folder)
        self._errors = FileErrors(self._folder)
        self._writer: EventFileWriter | None = None
        if folder is not None:
            with self._errors.tolerated():
                self._writer = EventFileWriter(str(folder))

    def scalar(self, tag: str, value: float, step: int) -> None:
        """Write a number."""
        self._write(scalar_pb(tag, value), step)

    def text(self, tag: str, value: str, step: int) -> None:
        """Write a text."""
        self._write(text_pb(tag, value), step)

    def hparams(self, values: Mapping[str, Any]) -> None:
        """Write hyperparameters; the folder identifies their trial."""
        self._write(
            hparams_summary.hparams_pb(dict(values), trial_id=self._folder), 0
        )

    def headline(
        self, hparams: Sequence[str], tag: str, group: str, title: str
    ) -> None:
        """Name the metric that TensorBoard shows beside hyperparameters.

        Args:
            hparams: Names of the hyperparameters.
            tag: Tag of the metric.
            group: Folder of its file, relative to this one.
            title: Name to show.
        """
        self._write(
            hparams_summary.hparams_config_pb(
                [hparams_summary.HParam(name) for name in hparams],
                [hparams_summary.Metric(tag, group=group, display_name=title)],
            ),
            0,
        )

    def flush(self) -> None:
        """Write what is buffered."""
        if self._writer is not None and not self._errors.occurred:
            with self._errors.tolerated():
                self._writer.flush()

    def close(self) -> None:
        """Close the file."""
        if self._writer is not None and not self._errors.occurred:
            with self._errors.tolerated():
                self._writer.close()

    def _write(self, summary: Any, step: int) -> None:
        if self._writer is not None and not self._errors.occurred:
            # The summary may be of TensorFlow's own protocol buffers.
            event = event_pb2.Event(wall_time=time.time(), step=step)
            event.summary.ParseFromString(summary.SerializeToString())
            with self._errors.tolerated():
                self._writer.add_event(event)
