"""Prepare the work directory, and load the state of a run that resumes."""

from __future__ import annotations

import keras

from seal_tf.checkpoints.snapshots import check_snapshots
from seal_tf.checkpoints.state import RunState
from seal_tf.cli.train.fit import TrainingRun
from seal_tf.cli.train.work_directory import WorkDirectory
from seal_tf.schedules import Plan


def claim_workdir(run: TrainingRun) -> RunState | None:
    """Make the work directory that of this run, and load its state.

    Args:
        run: The objects of the run.

    Returns:
        The state from which the run resumes, or None.

    Raises:
        ValueError: If the directory holds another run.
    """
    workdir, settings = run.workdir, run.settings
    splits = run.splits.images
    state = None
    if workdir.claim():
        workdir.check_data(splits)
        state = load_state(workdir, run.model, run.plan)
    epochs = state.epoch if state else 0
    workdir.check_epochs(epochs)
    workdir.start(
        splits,
        epochs,
        finished=epochs == len(run.plan),
        precision=settings.devices.precision,
    )
    return state


def load_state(
    workdir: WorkDirectory, model: keras.Model, plan: Plan
) -> RunState | None:
    """Return the newest checkpoint of a run, checked; None if there is none.

    Args:
        workdir: The work directory.
        model: The compiled model.
        plan: The plan of the run.

    Raises:
        ValueError: If the checkpoint is that of another plan or model.
    """
    state = workdir.checkpoints().newest()
    if state is None:
        return None
    state.check(model, plan)
    check_snapshots(plan, workdir / "snapshots", state.epoch)
    for backoff in state.backoffs:
        first = plan.epoch(backoff.first_epoch)
        print(f"earlier rollback: {backoff.describe(first, backoff.factor)}")
    if state.epoch == len(plan):
        print(
            f"{workdir.path}: all {len(plan)} epochs are complete; writing "
            "the results again"
        )
        return state
    within = f", {state.step} steps into the next" if state.step else ""
    print(
        f"{workdir.path}: resuming after epoch {state.epoch} of {len(plan)}"
        f"{within}"
    )
    return state
