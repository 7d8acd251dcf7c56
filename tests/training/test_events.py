"""Events that are executed on a model."""

import keras
import numpy as np
import pytest

from seal_tf.schedules import (
    LLF,
    Reinitialize,
    ResetOptimizer,
    SaveSnapshot,
    ShrinkPerturb,
    Snapshots,
)
from seal_tf.training.events import EventExecutor
from seal_tf.training.plan_builder import build_plan
from seal_tf.training.step_control import StepControl
from tests.training import nets


class _Optimizer:
    resets = 0

    def reset(self):
        self.resets += 1


@pytest.fixture
def model():
    return nets.compiled(nets.functional())


def _executor(model, schedule=None, **settings):
    schedule = schedule or LLF(generations=2, split_at="second")
    control = StepControl(build_plan(schedule, model, 4))
    control.ensure_partition(model)
    optimizer = _Optimizer()
    return EventExecutor(model, optimizer, control, **settings), optimizer


def test_execute_resets_and_reinitializes(model):
    executor, optimizer = _executor(model)
    before = {w.path: w.numpy() for w in model.weights}
    executor.execute(
        [ResetOptimizer(), Reinitialize(1, (False, True), "reference", 0)]
    )
    assert optimizer.resets == 1
    changed = {
        w.path for w in model.weights if (w.numpy() != before[w.path]).any()
    }
    assert changed == {"second/kernel", "third/kernel"}


def test_execute_on_a_model_that_is_not_built_raises():
    model = nets.compiled(nets.Subclassed())
    schedule = ShrinkPerturb(generations=1, first_generation=1)
    plan = build_plan(schedule, model, 2)
    executor = EventExecutor(model, _Optimizer(), StepControl(plan))
    with pytest.raises(ValueError, match="weights of 1 group.*not built: call"):
        executor.execute(plan.epoch(0).before)


def test_execute_snapshot_without_folder_keeps_the_weights(model):
    executor, _ = _executor(model)
    executor.execute([SaveSnapshot(0)])
    (weights,) = executor.snapshots
    for a, b in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_execute_snapshot_with_folder_saves_an_inference_model(model, tmp_path):
    executor, _ = _executor(model, snapshot_dir=tmp_path / "snapshots")
    executor.execute([SaveSnapshot(1)])
    (file,) = executor.snapshots
    assert file == tmp_path / "snapshots" / "snapshot_02.keras"
    assert not keras.saving.load_model(file).compiled


def test_execute_snapshot_in_a_process_that_writes_no_files(model, tmp_path):
    executor, _ = _executor(model, snapshot_dir=tmp_path, writes=False)
    executor.execute([SaveSnapshot(0)])
    assert executor.snapshots == []
    assert list(tmp_path.iterdir()) == []


def test_restore_snapshots_lists_those_before_the_epoch(model, tmp_path):
    schedule = Snapshots(cycles=2)
    executor, _ = _executor(model, schedule, snapshot_dir=tmp_path)
    executor.restore_snapshots(build_plan(schedule, model, 4), 3)
    assert executor.snapshots == [tmp_path / "snapshot_01.keras"]
