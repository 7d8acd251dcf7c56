"""Save the state of a user's own fit, and resume it."""

from __future__ import annotations

import warnings
from pathlib import Path

import keras

from seal_tf.checkpoints.files import Checkpoints
from seal_tf.checkpoints.snapshots import check_snapshots
from seal_tf.checkpoints.state import RunState
from seal_tf.schedules import Plan


class AutoResume:
    """Checkpoints of a fit that resumes by itself (`checkpoint_dir`).

    Args:
        folder: The folder of the checkpoints.
    """

    def __init__(self, folder: str | Path) -> None:
        self._checkpoints = Checkpoints(folder)
        self.folder = self._checkpoints.folder

    def load(
        self, model: keras.Model, plan: Plan, snapshot_dir: str | Path
    ) -> RunState | None:
        """Return the state from which a fit resumes, or None.

        Args:
            model: The model, built.
            plan: The plan of the fit.
            snapshot_dir: The folder of its snapshots.

        Raises:
            ValueError: If the folder holds checkpoints of another run.
        """
        state = self._checkpoints.newest()
        if state is None:
            return None
        try:
            state.check(model, plan)
            check_snapshots(plan, snapshot_dir, state.epoch)
        except ValueError as error:
            raise ValueError(
                f"checkpoint_dir={self.folder} holds another run: {error} "
                "Pass another folder to train from the start."
            ) from error
        print(
            f"{self.folder}: resuming after epoch {state.epoch} of {len(plan)}",
            flush=True,
        )
        return state

    def save(self, state: RunState) -> None:
        """Write a state; if that fails, warn and continue training."""
        try:
            self._checkpoints.save(state)
        except OSError as error:
            warnings.warn(
                f"No checkpoint after epoch {state.epoch}: {self.folder}: "
                f"{error.strerror or error}. Training continues.",
                RuntimeWarning,
                stacklevel=3,
            )
