"""Checks that a model and its optimizer can obey a plan."""

import keras
import pytest

from seal_tf.schedules import SEAL, SWA, Distill, L2Schedule, Normal
from seal_tf.training.plan_builder import build_plan
from seal_tf.training.plan_checks import check_obeys
from tests.training import nets


def _check(schedule, optimizer, loss="sparse_categorical_crossentropy"):
    model = nets.functional()
    model.compile(optimizer, loss)
    check_obeys(model, build_plan(schedule, model, 8, 6))


@pytest.mark.parametrize(
    "schedule",
    [
        SEAL(generations=2, split_at="second"),
        Normal(generations=2) + L2Schedule(),
        Distill(generations=2),
        SWA(generations=1, count=2),
    ],
    ids=lambda schedule: schedule.name,
)
def test_model_that_obeys_passes(schedule):
    _check(schedule, keras.optimizers.AdamW(0.1))


@pytest.mark.parametrize(
    ("schedule", "optimizer", "message"),
    [
        (
            Normal(generations=1) + L2Schedule(),
            keras.optimizers.Adam(0.1),
            "requires an optimizer with L2.* Received: Adam without it",
        ),
        (
            SWA(generations=1, count=2),
            keras.optimizers.SGD(0.1, use_ema=True),
            "swa averages .*`use_ema`.*Use one of both",
        ),
        (
            SEAL(generations=2, split_at="second"),
            keras.optimizers.SGD(0.1, gradient_accumulation_steps=4),
            "gradient_accumulation_steps",
        ),
    ],
    ids=["no decay", "two averages", "part of an accumulation"],
)
def test_optimizer_that_cannot_obey_is_named(schedule, optimizer, message):
    with pytest.raises(ValueError, match=message):
        _check(schedule, optimizer)


def test_loss_without_a_distribution_cannot_be_distilled():
    with pytest.raises(ValueError, match="Distillation requires .*loss=.mse"):
        _check(Distill(generations=2), "sgd", loss="mse")
