"""Execute the events of a plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import keras

from seal_tf.checkpoints.inference_model import save_inference_model
from seal_tf.checkpoints.snapshots import snapshot_file, snapshot_files
from seal_tf.checkpoints.variables import values
from seal_tf.schedules import (
    Event,
    Plan,
    Reinitialize,
    ResetOptimizer,
    SaveSnapshot,
    ShrinkAndPerturb,
)
from seal_tf.training import layer_groups
from seal_tf.training.layer_groups import Leaf
from seal_tf.training.optimizer_patch import OptimizerPatch
from seal_tf.training.reinitialize import (
    check_selection,
    reinitialize_kernels,
    selected_kernels,
)
from seal_tf.training.shrink_perturb import (
    check_shrinkable,
    shrink_and_perturb,
)
from seal_tf.training.step_control import StepControl


class EventExecutor:
    """Execute events on one model.

    Args:
        model: The model.
        optimizer: The patch of its optimizer.
        control: The `StepControl` with the layer groups.
        snapshot_dir: Folder of the snapshots; None keeps them in memory.
        writes: Whether this process saves snapshots.

    Attributes:
        snapshots: Files, or lists of weights, of the snapshots so far.
    """

    def __init__(
        self,
        model: keras.Model,
        optimizer: OptimizerPatch,
        control: StepControl,
        snapshot_dir: str | Path | None = None,
        writes: bool = True,
    ) -> None:
        self._model = model
        self._optimizer = optimizer
        self._control = control
        self._snapshot_dir = Path(snapshot_dir) if snapshot_dir else None
        self._writes = writes
        self.snapshots: list[Any] = []
        self._handlers: dict[type, Callable[[Any], None]] = {
            ResetOptimizer: self._reset_optimizer,
            Reinitialize: self._reinitialize,
            ShrinkAndPerturb: self._shrink_and_perturb,
            SaveSnapshot: self._save_snapshot,
        }

    def add_handler(self, kind: type, handler: Callable[[Any], None]) -> None:
        """Let another object execute the events of a kind.

        Args:
            kind: The class of the events.
            handler: Function of an event.
        """
        self._handlers[kind] = handler

    def check(self, plan: Plan) -> None:
        """Check the events of a plan against the model, before any happens.

        Raises:
            ValueError: If layers to reinitialize or to shrink have no
                trainable weights, or weights without a known initializer.
        """
        for event in plan.events:
            if isinstance(event, Reinitialize):
                check_selection(selected_kernels(self._leaves(event.groups)))
            elif isinstance(event, ShrinkAndPerturb):
                check_shrinkable(self._leaves(event.groups))

    def execute(self, events: Iterable[Event]) -> None:
        """Execute events in order.

        Raises:
            ValueError: If the model is not built, and an event needs weights.
        """
        for event in events:
            is_reset = isinstance(event, ResetOptimizer)
            if not (is_reset or layer_groups.has_weights(self._model)):
                raise ValueError(
                    f"This epoch starts with an event ({event}) that requires "
                    f"a built model. Model {self._model.name!r} is not built: "
                    "call model.build(input_shape), or call it on a batch, "
                    "before fit."
                )
            self._handlers[type(event)](event)

    def restore_snapshots(self, plan: Plan, epoch: int) -> None:
        """List the snapshots that a run saved before it resumed at `epoch`."""
        if self._snapshot_dir is not None:
            self.snapshots = list(
                snapshot_files(plan, self._snapshot_dir, epoch)
            )

    def _reset_optimizer(self, event: ResetOptimizer) -> None:
        self._optimizer.reset()

    def _reinitialize(self, event: Reinitialize) -> None:
        reinitialize_kernels(self._leaves(event.groups), event)

    def _shrink_and_perturb(self, event: ShrinkAndPerturb) -> None:
        shrink_and_perturb(self._leaves(event.groups), event)

    def _leaves(self, groups: Sequence[bool]) -> list[tuple[Leaf, bool]]:
        """All leaves in forward order, each with whether it is selected."""
        partition = self._control.partition
        assert partition is not None
        return [
            (leaf, selected)
            for leaves, selected in zip(partition.leaves, groups, strict=True)
            for leaf in leaves
        ]

    def _save_snapshot(self, event: SaveSnapshot) -> None:
        if not self._writes:
            return
        if self._snapshot_dir is None:
            self.snapshots.append(values(self._model.weights))
            return
        file = snapshot_file(self._snapshot_dir, event)
        save_inference_model(self._model, file)
        self.snapshots.append(file)
