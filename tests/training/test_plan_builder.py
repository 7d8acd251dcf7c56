"""Plans from a schedule, a model and a number of epochs."""

import keras
import pytest

from seal_tf.schedules import SEAL, FreezeOut, Snapshots
from seal_tf.training.plan_builder import build_plan
from tests.training import nets


def test_build_plan_of_built_model_has_its_layers():
    plan = build_plan(
        SEAL(generations=2, split_at="second"), nets.functional(), 4, 3
    )
    assert plan.layers == (("first", "norm"), ("second", "third"))
    assert plan.run.groups == ("early", "later")
    assert (plan.run.epochs, plan.run.steps) == (4, 3)


def test_build_plan_of_unbuilt_model_has_group_names_only():
    model = nets.sequential(built=False)
    plan = build_plan(SEAL(generations=2, split_at="second"), model, 4)
    assert plan.run.groups == ("early", "later")
    assert plan.layers == ()


def test_build_plan_of_unbuilt_model_with_grouping_raises():
    model = keras.Sequential([keras.layers.Dense(4), keras.layers.Dense(4)])
    with pytest.raises(ValueError, match="not built: call"):
        build_plan(FreezeOut(), model, 4, 2)


def test_build_plan_without_required_steps_names_the_argument():
    schedule = Snapshots(cycles=2, learning_rate=0.1)
    with pytest.raises(ValueError, match="pass `steps_per_epoch` to fit"):
        build_plan(schedule, nets.functional(), 4)
