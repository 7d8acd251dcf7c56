"""Which plans may follow a trained one."""

import json

import numpy as np
import pytest

from seal_tf.schedules import SEAL, Normal
from seal_tf.schedules.resume_compatibility import (
    check_compatible,
    plan_record,
)
from tests.schedules.plans import two_group_plan as _plan


def test_check_compatible_with_more_generations_passes():
    record = plan_record(_plan(SEAL(generations=2), 8))
    check_compatible(record, _plan(SEAL(generations=3), 12), 8)


def test_check_compatible_with_setting_that_was_not_used_yet_passes():
    record = plan_record(_plan(SEAL(generations=2), 8))
    other = _plan(SEAL(generations=2, ascent_scale=0.1), 8)
    check_compatible(record, other, 4)
    with pytest.raises(ValueError, match="ascent_scale=0.01 .*, 0.1 in this"):
        check_compatible(record, other, 5)


def test_check_compatible_with_another_method_raises():
    record = plan_record(_plan(SEAL(generations=2), 8))
    with pytest.raises(ValueError, match="method=seal .*, normal in this"):
        check_compatible(record, _plan(Normal(generations=2), 8), 1)


def test_check_compatible_with_a_record_older_than_a_setting_has_its_default():
    def plan(**settings):
        normal = Normal(generations=2, learning_rate=0.1, **settings)
        return _plan(normal, 8)

    record = plan_record(plan())
    del record["parts"][0]["decay_epochs"]
    check_compatible(record, plan(), 6)
    with pytest.raises(ValueError, match="decay_epochs=None .*, 1 in this"):
        check_compatible(record, plan(decay_epochs=1), 6)


def test_check_compatible_with_a_longer_cosine_raises():
    record = plan_record(_plan(Normal(generations=1, learning_rate=0.1), 8))
    longer = _plan(Normal(generations=1, learning_rate=0.1), 12)
    with pytest.raises(ValueError, match="3 trained epochs.*epochs=8 .* 12"):
        check_compatible(record, longer, 3)


def test_check_compatible_with_fewer_epochs_than_trained_raises():
    record = plan_record(_plan(SEAL(generations=3), 12))
    with pytest.raises(ValueError, match="9 trained epochs.*this run has 8"):
        check_compatible(record, _plan(SEAL(generations=2), 8), 9)


@pytest.mark.parametrize(
    "settings",
    [{"retain": 0.3}, {"ascent_clip": 0.1}, {"ascent_scale": 1.0}],
)
def test_check_compatible_with_another_search_raises(settings):
    def plan(**settings):
        settings = {"ascent_scale": "auto"} | settings
        return _plan(SEAL(generations=2, split_at=0.5, **settings), steps=5)

    record = plan_record(plan())
    check_compatible(record, plan(), 6)
    check_compatible(record, plan(**settings), 4)
    with pytest.raises(ValueError, match="6 trained epochs differ"):
        check_compatible(record, plan(**settings), 6)


def test_plan_record_with_function_and_numpy_number_is_json():
    """JSON supports neither, and a function cannot be compared."""
    split = {"split_at": lambda layer: True}
    numpy_plan = _plan(
        SEAL(generations=2, ascent_scale=np.float64(0.1), **split), 8
    )
    plan = _plan(SEAL(generations=2, ascent_scale=0.1, **split), 8)
    check_compatible(json.loads(json.dumps(plan_record(numpy_plan))), plan, 8)
