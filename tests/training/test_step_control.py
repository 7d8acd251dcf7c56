"""What the step reads of a plan."""

import keras
import numpy as np
import pytest

from seal_tf.schedules import SEAL, AnnealedAscent, Normal
from seal_tf.training.plan_builder import build_plan
from seal_tf.training.step_control import StepControl
from tests.training import nets


def _control(schedule, steps=3):
    model = nets.compiled(nets.functional())
    plan = build_plan(schedule, model, 4, steps)
    control = StepControl(plan)
    control.ensure_partition(model)
    return model, plan, control


def _read(control, model, quantity, group):
    control.begin_step(model.optimizer)
    value = control.current(quantity, group)
    control.end_step()
    return None if value is None else float(value)


def test_current_returns_the_row_of_each_step():
    model, plan, control = _control(
        AnnealedAscent(generations=1, p0=0.7, seed=1)
    )
    for epoch_plan in plan:
        control.load(epoch_plan)
        signs = [_read(control, model, "sign", 0) for _ in range(3)]
        np.testing.assert_array_equal(signs, epoch_plan.sign[:, 0])


def test_load_with_a_step_continues_within_the_epoch():
    model, plan, control = _control(
        AnnealedAscent(generations=1, p0=0.7, seed=1)
    )
    epoch_plan = next(e for e in plan if len(set(e.sign[:, 0])) == 2)
    control.load(epoch_plan, 2)
    assert _read(control, model, "sign", 0) == epoch_plan.sign[2, 0]
    # After the last row, the last row applies.
    assert _read(control, model, "sign", 0) == epoch_plan.sign[2, 0]


def test_current_of_a_quantity_that_is_always_one_is_none():
    model, plan, control = _control(SEAL(generations=2, split_at="second"))
    control.load(plan.epoch(2))
    assert _read(control, model, "sign", 1) is None
    assert _read(control, model, "sign", 0) == -1
    assert _read(control, model, "scale", 0) == pytest.approx(0.01)
    assert _read(control, model, "l2", 0) == 0


def test_current_outside_a_step_names_the_method_to_call():
    _, _, control = _control(Normal(generations=1))
    with pytest.raises(ValueError, match="self.apply_signed_gradients"):
        control.current("scale", 0)


def test_begin_step_sets_the_base_rate_of_the_plan():
    model, plan, control = _control(
        Normal(generations=1, learning_rate=0.5, warmup_epochs=0)
    )
    control.load(plan.epoch(0))
    assert control.begin_step(model.optimizer) is None
    assert float(model.optimizer.learning_rate) == 0.5


def test_begin_step_with_searched_s_scales_ascending_groups():
    model, plan, control = _control(
        SEAL(generations=2, split_at="second", ascent_scale="auto")
    )
    control.load(plan.epoch(2))
    control.searched_scale.assign(0.25)
    assert control.begin_step(model.optimizer) is not None
    assert float(control.current("scale", 0)) == 0.25
    control.end_step()
    control.load(plan.epoch(3))
    assert _read(control, model, "scale", 0) == 1


@pytest.mark.tensorflow
def test_apply_sign_negates_dense_and_sparse_gradients():
    import tensorflow as tf

    model, plan, control = _control(SEAL(generations=2, split_at="second"))
    control.load(plan.epoch(2))
    control.begin_step(model.optimizer)
    kernel = model.get_layer("first").kernel
    sparse = tf.IndexedSlices(tf.ones((1, 8)), tf.constant([2]))
    assert control.apply_sign(tf.ones(2), kernel).numpy().tolist() == [-1, -1]
    assert (control.apply_sign(sparse, kernel).values.numpy() == -1).all()
    assert control.apply_sign(None, kernel) is None
    later = model.get_layer("second").kernel
    assert control.apply_sign(tf.ones(2), later).numpy().tolist() == [1, 1]


def test_ensure_partition_builds_a_model_from_a_batch():
    model = nets.sequential(built=False)
    plan = build_plan(SEAL(generations=2, split_at="second"), model, 4)
    built = []
    control = StepControl(plan, built.append)
    assert control.group_index(None) == 1
    control.ensure_partition(model, keras.ops.ones((2, 6)))
    control.ensure_partition(model)
    assert built == [model]
    assert control.group_index(model.get_layer("first").kernel) == 0
    assert control.group_index(model.get_layer("third").kernel) == 1
