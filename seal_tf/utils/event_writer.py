"""Write TensorBoard's event files, on any backend of Keras."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tensorboard.compat.proto import event_pb2
from tensorboard.plugins.hparams import summary_v2 as hparams_summary
from tensorboard.plugins.scalar.summary_v2 import scalar_pb
from tensorboard.plugins.text.summary_v2 import text_pb
from tensorboard.summary.writer.event_file_writer import EventFileWriter


class EventWriter:
    """A file of scalars, texts and hyperparameters for TensorBoard.

    Args:
        folder: Folder of the file; None writes nothing.
    """

    def __init__(self, folder: str | Path | None) -> None:
        self._folder = str(folder)
        self._writer = None if folder is None else EventFileWriter(str(folder))

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
        if self._writer is not None:
            self._writer.flush()

    def close(self) -> None:
        """Close the file."""
        if self._writer is not None:
            self._writer.close()

    def _write(self, summary: Any, step: int) -> None:
        if self._writer is not None:
            # The summary may be of TensorFlow's own protocol buffers.
            event = event_pb2.Event(wall_time=time.time(), step=step)
            event.summary.ParseFromString(summary.SerializeToString())
            self._writer.add_event(event)
