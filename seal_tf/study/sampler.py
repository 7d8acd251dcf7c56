"""Suggest the values of a trial as a function of its slot."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from optuna.samplers import BaseSampler, TPESampler

from seal_tf.study.slots import find_slot

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution
    from optuna.trial import FrozenTrial

#: Random trials, after the first one, before TPE has a model.
RANDOM_TRIALS = 3


class SlotSampler(BaseSampler):
    """Suggest given values for some slots, and values of TPE for others.

    The random numbers depend on the seed, the slot and the parameter, and on
    nothing that a worker would lose. So one worker that was killed and
    resumed suggests what it would have suggested otherwise.

    Args:
        seed: Seed of the study.
        given_values: Returns the values of a slot by parameter, or None if
            TPE suggests them.
    """

    def __init__(
        self,
        seed: str,
        given_values: Callable[[int], Mapping[str, Any] | None],
    ) -> None:
        self._seed = seed
        self._given_values = given_values

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Return the parameters that are suggested together."""
        index = _index(study, trial)
        if index is None or self._given_values(index) is not None:
            return {}
        return self._sampler(index).infer_relative_search_space(study, trial)

    def sample_relative(
        self,
        study: Study,
        trial: FrozenTrial,
        search_space: dict[str, BaseDistribution],
    ) -> dict[str, Any]:
        """Suggest the parameters that are suggested together."""
        if not search_space:
            return {}
        sampler = self._sampler(_index(study, trial))
        return sampler.sample_relative(study, trial, search_space)

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Suggest one parameter."""
        index = _index(study, trial)
        given = None if index is None else self._given_values(index)
        if given is not None:
            return given[param_name]
        return self._sampler(index, param_name).sample_independent(
            study, trial, param_name, param_distribution
        )

    def _sampler(self, index: int | None, name: str = "") -> TPESampler:
        seed = f"{self._seed}/{index}/{name}"
        return TPESampler(
            seed=zlib.crc32(seed.encode()),
            n_startup_trials=1 + RANDOM_TRIALS,
            multivariate=True,
            constant_liar=True,
        )


def _index(study: Study, trial: FrozenTrial) -> int | None:
    """Return the slot of a trial; None if the trial does not count."""
    slot = find_slot(study, trial.number)
    return None if slot is None else slot.index
