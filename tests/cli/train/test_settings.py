import dataclasses

import pytest

from pipelines.augmentation.recipe import Recipe
from seal_tf.cli.flags import parse
from seal_tf.cli.train import settings
from seal_tf.cli.train.flags import define_train_flags
from seal_tf.cli.train.settings import train_settings


def _settings(*words):
    return train_settings(parse(define_train_flags, "", list(words)))


def test_train_settings_take_flags_and_defaults():
    run = _settings(
        "--generations=2",
        "--epochs_per_generation=3",
        "--batch_size=8",
        "--l2=0.1",
        "--on_divergence=rollback",
        "--taps=a,b",
        "--profile_steps=2:5",
    )
    assert run.epochs == 6
    assert run.batch_size == 8
    assert run.optimizer.l2 == 0.1
    assert run.checkpoints.rollback
    assert run.model.taps == ("a", "b")
    assert run.output.profile_steps == (2, 5)
    assert run.flags["l2"] == 0.1 and run.defaults["l2"] == 5e-4


def test_train_settings_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        _settings().seed = 3


def test_train_settings_default_workdir_names_the_run():
    run = _settings("--method=llf", "--dataset=digits", "--arch=small")
    assert run.output.workdir == "runs/llf-digits-small-seed0"


def test_train_settings_dry_run_uses_one_device():
    run = _settings("--dry_run", "--strategy=multi_worker")
    assert run.devices.strategy == "none"


def test_recipe_flags_are_all_fields_of_recipe():
    fields = {field.name for field in dataclasses.fields(Recipe)}
    assert set(settings.RECIPE_FLAGS) == fields


@pytest.mark.parametrize("text", ["10", "0:3", "5:4", "a:b"])
def test_parse_profile_steps_other_form_raises(text):
    with pytest.raises(ValueError, match=f"profile_steps={text}"):
        settings.parse_profile_steps(text)
