"""What a run writes while it trains."""

from __future__ import annotations

import dataclasses
import time

import keras

from seal_tf.training.averages import measured_weights


class Recorder(keras.callbacks.Callback):
    """Writes a line of `metrics.jsonl` an epoch, and knows the best weights.

    Args:
        workdir: The `Workdir`.
        generations: The `GenerationCallback` of the run, before this one in
            the list.
        images: Training images of an epoch.
        state: The `State` that the run goes on from, or None.

    Attributes:
        best: (epoch, validation accuracy, weights) so far, or None.
    """

    def __init__(self, workdir, generations, images, state=None):
        super().__init__()
        self._workdir = workdir
        self._generations = generations
        self._images = images
        self.best = self._before = None
        if state is not None:
            self._before = state
            if state.extra["best_epoch"] is not None:
                self.best = (
                    state.extra["best_epoch"],
                    state.extra["best_accuracy"],
                    state.arrays["best"],
                )

    def added_to(self, state):
        """A `State` with what this callback knows."""
        epoch, accuracy, weights = self.best or (None, None, [])
        return dataclasses.replace(
            state,
            extra=state.extra
            | {"best_epoch": epoch, "best_accuracy": accuracy},
            arrays=state.arrays | {"best": weights},
        )

    def complete(self) -> bool:
        """Whether every epoch has its line on the disk."""
        return self._workdir.flush_epochs()

    def on_epoch_begin(self, epoch, logs=None):
        self._began = time.monotonic()
        self._trained = None
        params, state = self.params, self._before
        # Of an epoch that is begun in its middle, the rest is measured.
        begun = state is not None and state.epoch == epoch
        self._share = 1 - state.step / params["steps"] if begun else 1

    def on_test_begin(self, logs=None):
        self._trained = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        now = time.monotonic()
        training = (self._trained or now) - self._began
        plan = self._generations.plan.epoch(epoch)
        logs = {k: float(v) for k, v in (logs or {}).items()}
        images = self._images * self._share
        self._workdir.add_epoch(
            {
                "epoch": epoch,
                "generation": plan.generation,
                "epoch_in_generation": plan.epoch_in_generation,
                "phase": plan.phase,
                "learning_rate": float(
                    keras.ops.convert_to_numpy(
                        self.model.optimizer.learning_rate
                    )
                ),
                "early_rate": logs["early_rate"],
                "later_rate": logs["later_rate"],
                "loss": logs["loss"],
                "accuracy": logs["accuracy"],
                "val_loss": logs["val_loss"],
                "val_accuracy": logs["val_accuracy"],
                "seconds": round(now - self._began, 3),
                # Where S is found.
                **{k: logs[k] for k in ("ascent_scale", "left") if k in logs},
                # Null where an epoch's steps were all done before.
                "images_per_second": round(images / training, 1) or None,
            }
        )
        if self._generations.diverged:
            return
        accuracy = logs["val_accuracy"]
        if self.best is None or accuracy > self.best[1]:
            self.best = (epoch, accuracy, measured_weights(self.model))
