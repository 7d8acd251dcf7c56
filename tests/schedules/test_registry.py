"""The methods by name."""

import dataclasses
import json

import pytest

from seal_tf.schedules import METHODS
from tests import methods


def test_methods_are_registered_by_their_name():
    assert all(name == cls.name for name, cls in METHODS.items())
    tested = [*methods.METHODS.values(), *methods.MODIFIERS.values()]
    assert {make().name for make in tested} == set(METHODS)
    assert {n for n, cls in METHODS.items() if cls.is_modifier} == set(
        methods.MODIFIERS
    )


@pytest.mark.parametrize("name", METHODS)
def test_method_from_json_of_its_settings_is_equal(name):
    tested = [*methods.METHODS.values(), *methods.MODIFIERS.values()]
    schedules = {make().name: make() for make in tested}
    schedule = schedules[name]
    text = json.dumps(dataclasses.asdict(schedule))
    assert METHODS[name](**json.loads(text)) == schedule
