"""How the events of a plan are carried out."""

from __future__ import annotations

from pathlib import Path

from seal_tf.schedules import KeepSnapshot, Redraw, ResetOptimizer
from seal_tf.training.redraw import redraw
from seal_tf.training.saving import save_bare


class Happenings:
    """Carries out events on one model.

    Args:
        model: The model.
        optimizer: Its `LentOptimizer`.
        control: The `StepControl`, which knows the groups.
        snapshot_dir: Folder for snapshots; None keeps them in memory.
        writes: Whether this process is the one that keeps them.
    """

    def __init__(
        self, model, optimizer, control, snapshot_dir=None, writes=True
    ):
        self._model = model
        self._optimizer = optimizer
        self._control = control
        self._snapshot_dir = snapshot_dir and Path(snapshot_dir)
        self._writes = writes
        self.snapshots = []
        self._how = {
            ResetOptimizer: self._reset,
            Redraw: self._redraw,
            KeepSnapshot: self._keep,
        }

    def carry_out(self, events):
        """Carries out events in their order."""
        for event in events:
            self._how[type(event)](event)

    def already(self, plan, epoch):
        """Finds the snapshots that a run resumed at `epoch` kept before."""
        if self._snapshot_dir is not None:
            self.snapshots = snapshot_files(plan, self._snapshot_dir, epoch)

    def _reset(self, event):
        self._optimizer.reset()

    def _redraw(self, event):
        cut = self._control.partition
        redraw(
            [
                (leaf, wanted)
                for leaves, wanted in zip(cut.leaves, event.groups, strict=True)
                for leaf in leaves
            ],
            event,
        )

    def _keep(self, event):
        if not self._writes:
            return
        if self._snapshot_dir is None:
            self.snapshots.append(self._model.get_weights())
            return
        file = _file(self._snapshot_dir, event)
        save_bare(self._model, file)
        self.snapshots.append(file)


def snapshot_files(plan, folder, epochs=None) -> list[Path]:
    """Files of the snapshots that a plan keeps, oldest first.

    Args:
        plan: The `Plan`.
        folder: The folder of the snapshots.
        epochs: Only those kept within so many epochs; None: all.
    """
    return [
        _file(Path(folder), event)
        for e in range(len(plan) if epochs is None else epochs)
        for event in plan.epoch(e).after
        if isinstance(event, KeepSnapshot)
    ]


def check_snapshots(plan, folder, epochs) -> None:
    """Raises ValueError where a snapshot of the first epochs is gone."""
    for file in snapshot_files(plan, folder, epochs):
        if not file.exists():
            raise ValueError(
                f"{file}: this snapshot of the run is gone. Put it back, or "
                "train anew in another folder."
            )


def _file(folder, event):
    return folder / f"snapshot_{event.number + 1:02d}.keras"
