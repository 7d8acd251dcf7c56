"""Schedules as JSON values."""

import json

import numpy as np
import pytest

from seal_tf.schedules import SEAL
from seal_tf.schedules.serialization import (
    compose,
    from_config,
    settings_of,
    to_config,
)
from tests import methods


@pytest.mark.parametrize("name", methods.ALL)
def test_from_config_of_json_returns_an_equal_schedule(name):
    schedule = methods.ALL[name]()
    config = json.loads(json.dumps(to_config(schedule)))
    assert from_config(config) == schedule


def test_to_config_with_function_names_the_setting():
    schedule = SEAL(generations=2, split_at=lambda layer: True)
    with pytest.raises(ValueError, match="`split_at` that is a function"):
        to_config(schedule)


def test_from_config_with_unknown_method_lists_the_known():
    with pytest.raises(ValueError, match="'other' is not registered.*seal"):
        from_config([{"method": "other"}])


def test_settings_of_converts_numpy_numbers():
    settings = settings_of(SEAL(generations=2, ascent_scale=np.float64(0.1)))
    assert type(settings["ascent_scale"]) is float
    assert settings["generations"] == 2


def test_compose_of_one_schedule_returns_it():
    schedule = SEAL(generations=2)
    assert compose([schedule]) is schedule
