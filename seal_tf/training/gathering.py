"""The first training batches of a fit, kept to look at later."""

from __future__ import annotations

import keras
import numpy as np

#: Under this name a step hands its batch out, beside its metrics.
BATCH = "seal_batch"


class Gathering:
    """A train function that keeps the batches of its first steps.

    A callback is never shown what fit trains on: the step hands each batch
    out among its logs, and fit gets the logs without it.

    Args:
        model: The model, its train function made.
        control: The `StepControl`, which says whether batches are handed out.
        batches: How many to keep.
        images: Images to keep, at most, in whole batches.

    Attributes:
        found: (x, y) as NumPy arrays in fit's structures; None until then.
    """

    def __init__(self, model, control, batches: int, images: int):
        self._control = control
        self._batches, self._images = batches, images
        self._kept = []
        self.found = None
        control.hands_out = True
        self.lead(model)

    def lead(self, model):
        """Takes the place of a train function that was made anew."""
        if model.train_function is not self:
            self._train = model.train_function
            model.train_function = self

    def __call__(self, iterator):
        logs = self._train(iterator)
        if BATCH not in logs:
            return logs
        logs = dict(logs)
        batch = logs.pop(BATCH)
        if self.found is None:
            self._keep(batch)
        return logs

    def _keep(self, batch):
        self._kept.append(keras.tree.map_structure(np.asarray, batch))
        size = len(keras.tree.flatten(self._kept[0])[0])
        enough = min(self._batches, max(1, self._images // size))
        if len(self._kept) >= enough:
            self.found = keras.tree.map_structure(
                lambda *parts: np.concatenate(parts), *self._kept
            )
            self._kept = []
            # Steps that are traced from now on keep theirs to themselves.
            self._control.hands_out = False
