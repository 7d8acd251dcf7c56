"""`checkpoint_dir`: the state of somebody's own fit, as its epochs end."""

from __future__ import annotations

import warnings

from seal_tf.schedules import past
from seal_tf.training import groups
from seal_tf.training.checkpoint import Checkpoints
from seal_tf.training.happenings import check_snapshots


class OwnFolder:
    """Checkpoints of a fit that looks after itself.

    Args:
        folder: Where they lie.
    """

    def __init__(self, folder):
        self._checkpoints = Checkpoints(folder)
        self.folder = self._checkpoints.folder

    def find(self, model, plan, snapshot_dir):
        """The `State` that fit is to go on from, or None.

        Args:
            model: The model.
            plan: The `Plan` of the fit.
            snapshot_dir: Where its snapshots are.

        Raises:
            ValueError: the model is not built, or the folder is of another
                run.
        """
        if not groups.has_weights(model):
            raise ValueError(
                f"checkpoint_dir is given, and model {model.name!r} is not "
                "built yet: call model.build(input_shape), or call it on a "
                "batch, before fit."
            )
        state = self._checkpoints.newest()
        if state is None:
            return None
        try:
            past.check_past(state.past, plan, state.begun)
            state.check(model)
            check_snapshots(plan, snapshot_dir, state.epoch)
        except ValueError as error:
            raise ValueError(
                f"checkpoint_dir={self.folder} does not fit this run: {error} "
                "Name another folder to train anew."
            ) from error
        print(
            f"{self.folder}: goes on after epoch {state.epoch} of {len(plan)}",
            flush=True,
        )
        return state

    def save(self, state) -> None:
        """Writes a state; without it the run goes on all the same."""
        try:
            self._checkpoints.save(state)
        except OSError as error:
            warnings.warn(
                f"no checkpoint after epoch {state.epoch}: {self.folder}: "
                f"{error.strerror or error}. Training goes on.",
                RuntimeWarning,
                stacklevel=3,
            )
