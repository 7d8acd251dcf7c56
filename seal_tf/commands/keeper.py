"""When a run writes its state, and that it can be asked to stop."""

from __future__ import annotations

import signal
import time
import warnings

import keras

from seal_tf.commands.stopping import Stopped
from seal_tf.training.lent_optimizer import unwrapped
from seal_tf.training.state import values

#: Machines ask each other every so many steps whether one wants to stop.
AGREE_EVERY = 8
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Keeper(keras.callbacks.Callback):
    """Writes checkpoints, the last of the callbacks of a run.

    One every so many epochs, one as each generation ends, which stays, and
    within an epoch one every so many minutes and when asked to stop. What
    cannot be written is said, and training goes on. Of several machines all
    do the same at the same step, and the chief writes.

    Args:
        checkpoints: The `Checkpoints`.
        generations: The `GenerationCallback` of the run.
        recorder: The `Recorder` of the run; None: another process writes.
        stop: The `StopRequest`.
        every_epochs: Rhythm in epochs; 0: only as generations end.
        every_minutes: Rhythm within epochs; 0: none.
        begun: Epoch and step that the run goes on from.
        keep_start: Whether to write the state that a run begins with.
        replicas: The `Replicas`, or None.
    """

    def __init__(
        self,
        checkpoints,
        generations,
        recorder,
        stop,
        *,
        every_epochs: int,
        every_minutes: float,
        begun=(0, 0),
        keep_start: bool = False,
        replicas=None,
    ):
        super().__init__()
        self._checkpoints = checkpoints
        self._generations = generations
        self._recorder = recorder
        self._stop = stop
        self._every_epochs = every_epochs
        self._every_seconds = 60 * every_minutes
        self._begun = begun
        self._keep_start = keep_start
        self._replicas = replicas
        self._alone = replicas is None or replicas.workers == 1
        self._written = time.monotonic()

    def on_train_begin(self, logs=None):
        self._milestones = self._generations.plan.milestones()
        if self._keep_start and self._begun == (0, 0):
            self._save(None, 0)

    def on_epoch_begin(self, epoch, logs=None):
        begun, done = self._begun
        self._done = done if epoch == begun else 0
        self._epoch, self._step, self._counted = epoch, self._done, None

    def on_train_batch_end(self, batch, logs=None):
        self._stop.armed = True
        # Fit counts the steps that were done before, too.
        self._step = max(batch + 1, self._done)
        if not self._alone and self._step % AGREE_EVERY:
            return
        due, signum = self._agreed()
        if due or signum:
            self._save(signum, self._epoch, self._step)

    def on_test_begin(self, logs=None):
        # Validation begins by setting the metrics back.
        self._counted = values(self.model.metrics_variables)

    def on_test_batch_end(self, batch, logs=None):
        # A moving average has the weights' place: not until it has left.
        swapped = unwrapped(self.model.optimizer).use_ema
        if self._alone and self._stop.signum and not swapped:
            self._save(
                self._stop.signum, self._epoch, self._step, self._counted
            )

    def on_epoch_end(self, epoch, logs=None):
        if self._generations.diverged:
            return
        done = epoch + 1
        rhythm = self._every_epochs and done % self._every_epochs == 0
        _, signum = self._agreed()
        if rhythm or done in self._milestones or signum:
            self._save(signum, done)

    def _agreed(self):
        """(whether a checkpoint is due, the signal that came), for all."""
        waited = time.monotonic() - self._written
        due = bool(self._every_seconds) and waited > self._every_seconds
        if self._alone:
            return due, self._stop.signum
        asked = [due and self._replicas.chief]
        asked += [self._stop.signum == signum for signum in _SIGNALS]
        due, *came = self._replicas.total(asked)
        return due, next(
            (s for s, n in zip(_SIGNALS, came, strict=True) if n), None
        )

    def _save(self, signum, epoch, step=0, counted=None):
        """Writes the state, and stops where that was asked for."""
        self._written = time.monotonic()
        said = "no new checkpoint"
        if self._recorder is None:
            said = "the first process has the checkpoint"
        # All of several machines have to ask for it.
        state = self._generations.state(epoch, step, counted)
        writes = state is not None and self._recorder is not None
        if writes and self._recorder.complete():
            state = self._recorder.added_to(state)
            try:
                path = self._checkpoints.save(state, self._milestones)
                said = f"checkpoint {path}"
            except OSError as error:
                within = f" and {step} steps" if step else ""
                warnings.warn(
                    f"no checkpoint after epoch {epoch}{within}: "
                    f"{self._checkpoints.folder}: {error.strerror or error}. "
                    "Training goes on; the checkpoints before are whole.",
                    RuntimeWarning,
                    stacklevel=2,
                )
        if signum:
            raise Stopped(signum, said)
