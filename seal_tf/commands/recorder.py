"""What a run writes while it trains."""

from __future__ import annotations

import time

import keras

from seal_tf.training import checkpoint


class Recorder(keras.callbacks.Callback):
    """Writes `metrics.jsonl` and, at a generation's end, a checkpoint.

    Args:
        workdir: The `Workdir`.
        generations: The `GenerationCallback` of the run, before this one in
            the list.
        images: Training images of an epoch.
        best: (epoch, validation accuracy, weights) so far, of a run that is
            resumed.
    """

    def __init__(self, workdir, generations, images, best=None):
        super().__init__()
        self._workdir = workdir
        self._generations = generations
        self._images = images
        self.best = best

    def on_epoch_begin(self, epoch, logs=None):
        self._began = time.monotonic()
        self._trained = None

    def on_test_begin(self, logs=None):
        self._trained = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        now = time.monotonic()
        training = (self._trained or now) - self._began
        plan = self._generations.plan.epoch(epoch)
        logs = {k: float(v) for k, v in (logs or {}).items()}
        self._workdir.add_epoch(
            {
                "epoch": epoch,
                "generation": plan.generation,
                "epoch_in_generation": plan.epoch_in_generation,
                "phase": plan.phase,
                "learning_rate": float(self.model.optimizer.learning_rate),
                "early_rate": logs["early_rate"],
                "later_rate": logs["later_rate"],
                "loss": logs["loss"],
                "accuracy": logs["accuracy"],
                "val_loss": logs["val_loss"],
                "val_accuracy": logs["val_accuracy"],
                "seconds": round(now - self._began, 3),
                "images_per_second": round(self._images / training, 1),
            }
        )
        if self._generations.diverged:
            return
        accuracy = logs["val_accuracy"]
        if self.best is None or accuracy > self.best[1]:
            self.best = (epoch, accuracy, self.model.get_weights())
        if plan.last_of_generation:
            self._checkpoint(epoch)

    def _checkpoint(self, epoch):
        best_epoch, accuracy, weights = self.best
        checkpoint.save(
            self._workdir / "checkpoints" / checkpoint.name(epoch + 1),
            self.model,
            epoch=epoch + 1,
            best=weights,
            extra={"best_epoch": best_epoch, "best_accuracy": accuracy},
        )
