"""The objects that exist while one fit runs."""

import numpy as np
import pytest

from seal_tf.callbacks.fit_context import FitContext, FitOptions
from seal_tf.schedules import SEAL
from seal_tf.training.plan_builder import build_plan
from seal_tf.utils.patching import AttributePatcher
from tests.training import nets


@pytest.fixture
def patcher():
    return AttributePatcher()


def _context(patcher, options=None, **settings):
    model = nets.compiled(nets.functional(), "sgd")
    schedule = SEAL(**({"generations": 2, "split_at": "second"} | settings))
    plan = build_plan(schedule, model, 8, 4)
    return model, FitContext(model, plan, options or FitOptions(), patcher)


def test_restore_of_the_patcher_leaves_a_plain_model(patcher):
    model, _ = _context(patcher)
    assert "train_step" in vars(model)
    patcher.restore()
    for name in ("train_step", "make_train_function"):
        assert name not in vars(model)
    assert "apply" not in vars(model.optimizer)
    assert model.train_function is None


@pytest.mark.parametrize("scale", [0.01, "auto"])
def test_parts_contain_the_search_only_if_s_is_searched(patcher, scale):
    options = FitOptions(probe_data=nets.data())
    _, context = _context(patcher, options, ascent_scale=scale)
    parts = {"plan", "model", "optimizer", "metrics"}
    if scale == "auto":
        parts.add("ascent_scale")
    assert set(context.parts) == parts


def test_collect_state_with_nan_weight_is_none(patcher):
    model, context = _context(patcher)
    context.begin_run(0, None)
    assert context.collect_state(0, 0, None).position == (0, 0)
    kernel = model.get_layer("first").kernel
    kernel.assign(np.full(kernel.shape, np.nan))
    assert context.collect_state(0, 0, None) is None
    assert not context.back_up()
    assert context.undo_divergence().endswith("with a reset optimizer")
    assert np.isfinite(kernel.numpy()).all()


def test_collect_state_with_metrics_stores_them(patcher):
    _, context = _context(patcher)
    metrics = [np.float32(3)]
    state = context.collect_state(1, 2, metrics)
    assert state.parts["metrics"]["variables"] is metrics


def test_signed_rates_are_negative_for_ascending_groups(patcher):
    _, context = _context(patcher, ascent_scale=0.5)
    plan = context.plan_state.plan
    np.testing.assert_allclose(
        context.signed_rates(plan.epoch(4)), [-0.005, 0.01], rtol=1e-6
    )


def test_layer_names_are_those_of_the_partition(patcher):
    _, context = _context(patcher)
    assert context.layer_names() == (("first", "norm"), ("second", "third"))
    assert context.record_norms(3).read() == (-1, {})
