"""Write checkpoints, and stop training on request."""

from __future__ import annotations

import dataclasses
import signal
import time
import warnings
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from seal_tf.backends import get_backend
from seal_tf.callbacks.generation import GenerationCallback
from seal_tf.checkpoints.files import Checkpoints
from seal_tf.checkpoints.variables import values
from seal_tf.cli.train.metrics_writer import MetricsWriter
from seal_tf.cli.train.settings import CheckpointSettings
from seal_tf.cli.train.stop_request import Stopped, StopRequest
from seal_tf.optimizers.names import unwrapped

if TYPE_CHECKING:
    from seal_tf.distribution.replicas import Replicas

#: Steps between two exchanges of requests among machines.
SYNC_STEPS = 8
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@dataclasses.dataclass(frozen=True)
class RunProcess:
    """What this process contributes to a run.

    Args:
        generations: The `GenerationCallback` of the run.
        writer: The `MetricsWriter`; None if another process writes.
        stop: The request to stop.
        replicas: The replicas, or None.
        start: (epoch, step) from which the run resumes.
    """

    generations: GenerationCallback
    writer: MetricsWriter | None
    stop: StopRequest
    replicas: Replicas | None = None
    start: tuple[int, int] = (0, 0)


class CheckpointCallback(keras.callbacks.Callback):
    """Write checkpoints; the last callback of a run.

    It writes a checkpoint every few epochs, a permanent one at the end of
    each generation, and within an epoch every few minutes and when training
    is asked to stop. If a file cannot be written, it warns and training
    continues. With several machines, all of them take part at the same step,
    and the chief writes.

    Args:
        checkpoints: The checkpoint files.
        settings: When checkpoints are written. With `rollback`, the initial
            state is written, too.
        process: What this process contributes to the run.
    """

    def __init__(
        self,
        checkpoints: Checkpoints,
        settings: CheckpointSettings,
        process: RunProcess,
    ) -> None:
        super().__init__()
        self._checkpoints = checkpoints
        self._settings = settings
        self._generations = process.generations
        self._writer = process.writer
        self._stop = process.stop
        self._start = process.start
        self._replicas = process.replicas
        self._last_save = time.monotonic()
        self._epoch = self._step = self._completed = 0
        self._metrics: list[np.ndarray] | None = None

    @property
    def _single_process(self) -> bool:
        return self._replicas is None or self._replicas.workers == 1

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Write the initial state, if a rollback may need it."""
        self._milestones = self._generations.plan.milestones()
        if self._settings.rollback and self._start == (0, 0):
            self._save(None, 0)

    def on_epoch_begin(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Reset the position."""
        start_epoch, completed = self._start
        self._completed = completed if epoch == start_epoch else 0
        self._epoch, self._step = epoch, self._completed
        self._metrics = None
        if self._single_process:
            # The state is that of the checkpoint before.
            self._stop.check()

    def on_train_batch_end(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Write a checkpoint if it is due or training has to stop."""
        # Fit counts the skipped steps of a resumed epoch, too.
        self._step = max(batch + 1, self._completed)
        if not self._single_process and self._step % SYNC_STEPS:
            return
        due, signum = self._agreed_requests()
        if due or signum:
            self._save(signum, self._epoch, self._step)

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Copy the metrics, which validation resets."""
        get_backend().synchronize(self.model)
        self._metrics = values(self.model.metrics_variables)

    def on_test_batch_end(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Stop within validation, if requested."""
        # With a moving average, validation has swapped the weights.
        swapped = unwrapped(self.model.optimizer).use_ema
        if self._single_process and self._stop.signum and not swapped:
            self._save(
                self._stop.signum, self._epoch, self._step, self._metrics
            )

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Write a checkpoint if it is due or training has to stop."""
        if self._generations.diverged:
            return
        completed = epoch + 1
        every = self._settings.every_epochs
        due = bool(every) and completed % every == 0
        _, signum = self._agreed_requests()
        if due or completed in self._milestones or signum:
            self._save(signum, completed)

    def _agreed_requests(self) -> tuple[bool, int | None]:
        """(whether a checkpoint is due, the signal) for all processes."""
        elapsed = time.monotonic() - self._last_save
        interval = 60 * self._settings.every_minutes
        due = bool(interval) and elapsed > interval
        if self._single_process:
            return due, self._stop.signum
        assert self._replicas is not None
        requests = [int(due and self._replicas.chief)]
        requests += [int(self._stop.signum == signum) for signum in _SIGNALS]
        any_due, *signals = self._replicas.all_reduce_sum(requests)
        return bool(any_due), next(
            (s for s, n in zip(_SIGNALS, signals, strict=True) if n), None
        )

    def _save(
        self,
        signum: int | None,
        epoch: int,
        step: int = 0,
        metrics: list[np.ndarray] | None = None,
    ) -> None:
        """Write the state, and stop if a signal was received."""
        self._last_save = time.monotonic()
        message = "no new checkpoint"
        if self._writer is None:
            message = "the first process has the checkpoint"
        # Collecting the state is a collective operation of all processes.
        state = self._generations.run_state(epoch, step, metrics)
        writes = state is not None and self._writer is not None
        if writes and self._writer.flush():  # type: ignore[union-attr]
            try:
                path = self._checkpoints.save(state, self._milestones)  # type: ignore[arg-type]
                message = f"checkpoint {path}"
            except OSError as error:
                within = f" and {step} steps" if step else ""
                warnings.warn(
                    f"No checkpoint after epoch {epoch}{within}: "
                    f"{self._checkpoints.folder}: {error.strerror or error}. "
                    "Training continues; earlier checkpoints are unchanged.",
                    RuntimeWarning,
                    stacklevel=2,
                )
        if signum:
            raise Stopped(signum, message, all_processes=True)
