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
    an Optuna study of its own: the first worker that adds it decides.

    Args:
        storage: The storage of the study.
        name: Name of the value, unique in the storage.
        compute: Computes the value, which JSON can represent. Not called if
            the storage has a value.

    Returns:
        The value, and whether it was in the storage before.
    """
    import optuna

    study = storage.create_study(name)
    existed = bool(study.get_trials(deepcopy=False))
    if not existed:
        study.add_trial(
            optuna.create_trial(
                value=0.0, user_attrs={_VALUE: json.dumps(compute())}
            )
        )
    first = study.get_trials(deepcopy=False)[0]
    return json.loads(first.user_attrs[_VALUE]), existed
