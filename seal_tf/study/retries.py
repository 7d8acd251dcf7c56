"""Try trials again: after a death, a stop, or a failure that was corrected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from seal_tf.study.slots import (
    DEATHS,
    FIRST,
    MAX_DEATHS,
    RETRY_OF,
    count_deaths,
    find_slot,
    first_number,
    read_slots,
)

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from optuna import Study
    from optuna.trial import FrozenTrial


class TrialOwners(Protocol):
    """Which trials of a storage have a live worker."""

    def exclusive(self, name: str) -> AbstractContextManager[object]:
        """Let one worker at a time do something, where this is possible.

        Args:
            name: Name of an Optuna study.
        """

    def begin(self, study: Study, number: int) -> None:
        """Become the owner of a trial.

        Args:
            study: Its study.
            number: Its number.
        """

    def end(self) -> None:
        """Stop to be the owner of a trial. Without a trial, do nothing."""

    def fail_stale_trials(self, study: Study) -> None:
        """Let Optuna fail and retry trials, where it has heartbeats.

        Args:
            study: The study.
        """

    def is_dead(self, study: Study, trial: FrozenTrial) -> bool:
        """Return whether a trial has no owner.

        Args:
            study: Its study.
            trial: A trial that runs, or that has failed and was not retried.
        """


def retry_dead_trials(study: Study, owners: TrialOwners, slots: int) -> None:
    """Fail the trials whose worker has died, and add trials that retry them.

    A worker may also have died after it has failed a trial and before it has
    added the next one.

    Args:
        study: The study.
        owners: The owners of its trials.
        slots: Number of slots of the plan. A trial of another slot is not
            tried again.
    """
    from optuna.exceptions import UpdateFinishedTrialError
    from optuna.trial import TrialState

    owners.fail_stale_trials(study)
    with owners.exclusive(study.study_name):
        for slot in read_slots(study)[:slots]:
            trial = slot.latest
            is_running = trial.state == TrialState.RUNNING
            if not (is_running or slot.is_lost):
                continue
            if not owners.is_dead(study, trial):
                continue
            if is_running:
                try:
                    study.tell(trial.number, state=TrialState.FAIL)
                except (ValueError, UpdateFinishedTrialError):
                    continue  # It has ended in the meantime.
            retry(study, trial)


def retry_failed_trials(study: Study, owners: TrialOwners, slots: int) -> None:
    """Add trials that retry those whose command has failed.

    A worker does this when it starts: the user may have corrected the cause.

    Args:
        study: The study.
        owners: The owners of its trials.
        slots: Number of slots of the plan.
    """
    with owners.exclusive(study.study_name):
        for slot in read_slots(study)[:slots]:
            if slot.error is not None:
                _add_retry(study, slot.latest, deaths=0)


def retry(study: Study, trial: FrozenTrial) -> None:
    """Add a trial that tries a trial again whose worker has died.

    Args:
        study: Its study.
        trial: The trial.
    """
    deaths = count_deaths(trial)
    if deaths < MAX_DEATHS:
        _add_retry(study, trial, deaths)


def retry_stopped(study: Study, number: int) -> None:
    """Add a trial that tries a trial again that the user has stopped.

    Args:
        study: Its study.
        number: Its number. If it is not lost, nothing is added.
    """
    slot = find_slot(study, number)
    if slot is not None and slot.is_lost and slot.latest.number == number:
        _add_retry(study, slot.latest, count_deaths(slot.latest) - 1)


def _add_retry(study: Study, trial: FrozenTrial, deaths: int) -> None:
    """Add a trial with the same values and reports."""
    import optuna

    study.add_trial(
        optuna.create_trial(
            state=optuna.trial.TrialState.WAITING,
            params=trial.params,
            distributions=trial.distributions,
            intermediate_values=trial.intermediate_values,
            user_attrs={
                FIRST: first_number(trial),
                RETRY_OF: trial.number,
                DEATHS: deaths,
            },
        )
    )
