"""Roll a run back to the start of the last ascent after a divergence."""

from __future__ import annotations

from collections.abc import Iterable

from seal_tf.callbacks.generation import GenerationCallback
from seal_tf.checkpoints.state import RunState
from seal_tf.cli.train.settings import CheckpointSettings
from seal_tf.cli.train.work_directory import WorkDirectory
from seal_tf.schedules.ascent_backoff import AscentBackoff


def roll_back(
    settings: CheckpointSettings,
    workdir: WorkDirectory,
    generations: GenerationCallback,
) -> RunState:
    """Return the state from which a diverged run continues.

    It is the state at the start of the last ascent, with half of that
    ascent's S, or, where S is searched, half of its update clip. It replaces
    the checkpoint on the disk, and later checkpoints are deleted, so a
    resumed run repeats the same steps.

    Args:
        settings: Whether and how often a run rolls back.
        workdir: The work directory.
        generations: The diverged `GenerationCallback`.

    Raises:
        ValueError: If the run cannot roll back.
    """
    plan = generations.plan
    cause = f"{generations.divergence_cause}."
    if not settings.rollback:
        raise ValueError(
            f"{generations.diverged} Run the same command with "
            "`on_divergence=rollback` to roll back to the start of the last "
            "ascent with half of S (where S is searched, half of "
            "`ascent_clip`)."
        )
    if len(plan.backoffs) >= settings.max_rollbacks:
        raise ValueError(
            f"{cause} The run has reached `max_rollbacks="
            f"{settings.max_rollbacks}`: use a smaller `ascent_scale` or "
            "`learning_rate`, and another `workdir`."
        )
    backoff = plan.backoff_before(generations.diverged_epoch)
    if backoff is None:
        raise ValueError(
            f"{cause} No ascent came before, so there is no S to reduce: use "
            "a smaller `learning_rate`, and another `workdir`."
        )
    checkpoints = workdir.checkpoints(settings.max_to_keep)
    state = checkpoints.newest(not_after=(backoff.first_epoch, 0))
    if state is None:
        raise ValueError(
            f"{cause} {checkpoints.folder} has no checkpoint before the "
            f"ascent of epoch {backoff.first_epoch + 1}."
        )
    state = state.with_backoffs((*plan.backoffs, backoff))
    # In this order: if the process stops between the two operations, the
    # resumed run diverges and rolls back again.
    checkpoints.delete_after(state.position)
    checkpoints.save(state, plan.milestones())
    workdir.truncate_epochs(state.epoch)
    first = plan.epoch(backoff.first_epoch)
    factor = _combined_factor(state.backoffs, backoff)
    print(
        f"{cause} Rolled back to epoch {state.epoch + 1}, with "
        f"{backoff.describe(first, factor)} (rollback {len(state.backoffs)} "
        f"of at most {settings.max_rollbacks})",
        flush=True,
    )
    return state


def _combined_factor(
    backoffs: Iterable[AscentBackoff], backoff: AscentBackoff
) -> float:
    """Product of the factors of all backoffs of the same ascent."""
    factor = 1.0
    for other in backoffs:
        if other.first_epoch == backoff.first_epoch:
            factor *= other.factor
    return factor
