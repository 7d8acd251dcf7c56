"""When a run writes its state, and that it can be asked to stop."""

from __future__ import annotations

import time
import warnings

import keras

from seal_tf.commands.stopping import Stopped
from seal_tf.training.state import values


class Keeper(keras.callbacks.Callback):
    """Writes checkpoints, the last of the callbacks of a run.

    One every so many epochs, one as each generation ends, which stays, and
    within an epoch one every so many minutes and when asked to stop. What
    cannot be written is said, and training goes on.

    Args:
        checkpoints: The `Checkpoints`.
        generations: The `GenerationCallback` of the run.
        recorder: The `Recorder` of the run.
        stop: The `StopRequest`.
        every_epochs: Rhythm in epochs; 0: only as generations end.
        every_minutes: Rhythm within epochs; 0: none.
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
    ):
        super().__init__()
        self._checkpoints = checkpoints
        self._generations = generations
        self._recorder = recorder
        self._stop = stop
        self._every_epochs = every_epochs
        self._every_seconds = 60 * every_minutes
        self._written = time.monotonic()

    def on_train_begin(self, logs=None):
        self._milestones = {
            e.epoch + 1 for e in self._generations.plan if e.last_of_generation
        }

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch, self._step, self._trained = epoch, 0, None

    def on_train_batch_end(self, batch, logs=None):
        self._stop.armed = True
        self._step = batch + 1
        waited = time.monotonic() - self._written
        due = self._every_seconds and waited > self._every_seconds
        if due or self._stop.signum:
            self._save(epoch=self._epoch, step=self._step)

    def on_test_begin(self, logs=None):
        # Validation begins by setting the metrics back.
        self._trained = values(self.model.metrics_variables)

    def on_test_batch_end(self, batch, logs=None):
        if self._stop.signum:
            self._save(self._epoch, self._step, self._trained)

    def on_epoch_end(self, epoch, logs=None):
        done = epoch + 1
        rhythm = self._every_epochs and done % self._every_epochs == 0
        if self._generations.diverged:
            return
        if rhythm or done in self._milestones or self._stop.signum:
            self._save(done)

    def _save(self, epoch, step=0, metrics=None):
        """Writes the state, and stops where that was asked for."""
        self._written = time.monotonic()
        said = "no new checkpoint"
        state = self._generations.state(epoch, step, metrics)
        if state is not None and self._recorder.complete():
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
        if self._stop.signum:
            raise Stopped(self._stop.signum, said)
