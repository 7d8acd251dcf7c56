"""The first training batches of a fit, kept to look at later."""

from __future__ import annotations

import dataclasses

import keras
import numpy as np
import tensorflow as tf

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
        images: Of how many images at most, by the bytes of one; whole
            batches are kept, one at least.

    Attributes:
        found: (x, y) as NumPy arrays in fit's structures; None until then.
    """

    def __init__(self, model, control, batches: int, images):
        self._control = control
        self._batches, self._images = batches, images
        self._kept: list = []
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
        self._kept.append(keras.tree.map_structure(_array, batch))
        x, _ = self._kept[0]
        size = len(keras.tree.flatten(x)[0])
        most = self._images(
            sum(part.nbytes for part in keras.tree.flatten(x)) // size
        )
        enough = min(self._batches, max(1, most // size))
        if len(self._kept) >= enough:
            self.found = keras.tree.map_structure(
                lambda *parts: np.concatenate(parts), *self._kept
            )
            self._kept = []
            # Steps that are traced from now on keep theirs to themselves.
            self._control.hands_out = False


def _array(tensor):
    if isinstance(tensor, tf.Tensor) and (
        tensor.dtype.is_floating
        or tensor.dtype.is_integer
        or tensor.dtype.is_bool
    ):
        return np.asarray(tensor)
    raise ValueError(
        "ascent_scale='auto' cannot keep inputs that are no plain numbers "
        f"(here {getattr(tensor, 'dtype', type(tensor).__name__)}): give "
        "measure_on=(x, y)."
    )


def packed(state, found):
    """A `State` with the slice that was gathered, (x, y), where there is one.

    Its arrays lie flat in the state, and their structure, with the place of
    each array in it, as JSON, beside their types (bfloat16 lies in files as
    integers).
    """
    if found is None:
        return state
    flat = keras.tree.flatten(found)
    places = iter(range(len(flat)))
    return dataclasses.replace(
        state,
        arrays=state.arrays | {"slice": flat},
        extra=state.extra
        | {
            "slice": keras.tree.map_structure(lambda _: next(places), found),
            "slice_types": [array.dtype.name for array in flat],
        },
    )


def unpacked(state):
    """The slice of a `State`, (x, y); None where it has none."""
    if "slice" not in state.arrays:
        return None
    arrays = [
        array
        if array.dtype.name == name
        else array.view(tf.as_dtype(name).as_numpy_dtype)
        for array, name in zip(
            state.arrays["slice"], state.extra["slice_types"], strict=True
        )
    ]
    return tuple(
        keras.tree.map_structure(lambda i: arrays[i], state.extra["slice"])
    )
