"""Values on which all workers of a study agree."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from seal_tf.study.storage import StudyStorage

_VALUE = "value"


def agree(
    storage: StudyStorage, name: str, compute: Callable[[], Any]
) -> tuple[Any, bool]:
    """Return a value that is the same for all workers.

    The storage numbers trials without gaps. The value is that of trial 0 of
    an Optuna study of its own: the first worker that adds it decides. Where
    the storage is a file, the other workers wait until it has.

    Args:
        storage: The storage of the study.
        name: Name of the value, unique in the storage.
        compute: Computes the value, which JSON can represent. Not called if
            the storage has a value.

    Returns:
        The value, and whether it was in the storage before.
    """
    import optuna

    with storage.owners.exclusive(name):
        value = find_agreed(storage, name)
        existed = value is not None
        if not existed:
            storage.open_study(name).add_trial(
                optuna.create_trial(
                    value=0.0, user_attrs={_VALUE: json.dumps(compute())}
                )
            )
            value = find_agreed(storage, name)
    return value, existed


def find_agreed(storage: StudyStorage, name: str) -> Any:
    """Return a value on which the workers have agreed, or None.

    Args:
        storage: The storage of the study.
        name: Name of the value.
    """
    trials = storage.open_study(name).get_trials(deepcopy=False)
    return json.loads(trials[0].user_attrs[_VALUE]) if trials else None
