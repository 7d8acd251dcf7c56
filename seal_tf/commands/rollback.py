"""`--on_divergence=rollback`: before the ascent, and up by half."""

from __future__ import annotations

import dataclasses

from seal_tf.schedules.easing import easing_before


def rolled_back(flags, workdir, generations):
    """The state to go on from after the loss was no longer finite.

    It is that of before the ascent that came last, with half of that
    ascent's S, or, where S is found, of the bound of its steps. It is
    written in place of what it was read from, and what came after is
    forgotten, so that a resumed run repeats the same.

    Args:
        flags: The parsed flags.
        workdir: The `Workdir`.
        generations: The `GenerationCallback`, diverged.

    Returns:
        The `State`.

    Raises:
        ValueError: in one line, why there is no going back.
    """
    plan = generations.plan
    said = f"{generations.cause}."
    if flags.on_divergence == "stop":
        raise ValueError(
            f"{generations.diverged} --on_divergence=rollback would go back "
            "to before the ascent and ascend with half of S (where S is "
            "found, of its bound); the same command with it does."
        )
    if len(plan.eased) >= flags.max_rollbacks:
        raise ValueError(
            f"{said} It has gone back --max_rollbacks={flags.max_rollbacks} "
            "times already: give a smaller --ascent_scale or "
            "--learning_rate and another --workdir."
        )
    easing = easing_before(plan, generations.diverged_in)
    if easing is None:
        raise ValueError(
            f"{said} Nothing ascended before, so there is no S to halve: "
            "give a smaller --learning_rate and another --workdir."
        )
    checkpoints = workdir.checkpoints(flags.checkpoints_kept)
    state = checkpoints.newest(not_after=(easing.first, 0))
    if state is None:
        raise ValueError(
            f"{said} There is no checkpoint of before the ascent of epoch "
            f"{easing.first + 1} in {checkpoints.folder}."
        )
    state = dataclasses.replace(state, eased=(*plan.eased, easing))
    # In this order: stopped between the two, it diverges and goes back again.
    checkpoints.forget_after(state.position)
    checkpoints.save(state, plan.milestones())
    workdir.keep_epochs(state.epoch)
    print(
        f"{said} Back to epoch {state.epoch + 1}, with "
        f"{easing.said(plan, _share(state.eased, easing))} (rollback "
        f"{len(state.eased)} of at most {flags.max_rollbacks})",
        flush=True,
    )
    return state


def _share(eased, like) -> float:
    share = 1.0
    for easing in eased:
        if easing.first == like.first:
            share *= easing.share
    return share
