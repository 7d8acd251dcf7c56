import dataclasses

from seal_tf.cli.flags import parse
from seal_tf.cli.train.flags import define_train_flags
from seal_tf.cli.train.method_flags import (
    flag_of_argument,
    has_effect,
    method_fields,
    requirement,
)
from seal_tf.schedules import METHODS


def test_method_fields_contain_every_declared_field():
    declared = {
        (cls, field.name)
        for cls in METHODS.values()
        for field in dataclasses.fields(cls)
        if "help" in field.metadata
    }
    owners = {
        (cls, field.name)
        for pairs in method_fields().values()
        for cls, field in pairs
    }
    assert owners == declared


def test_method_flags_have_the_default_of_their_field():
    flags = parse(define_train_flags, "", [])
    for name, ((_, field), *_) in method_fields().items():
        assert flags[name].value == field.default, name


def test_flag_of_argument_maps_fields_to_flags():
    flag_of = flag_of_argument(parse(define_train_flags, "", []))
    assert flag_of["reinit"] == "llf_reinit"
    assert flag_of["t0"] == "freezeout_t0"
    assert flag_of["fraction"] == "val_from_train"
    assert flag_of["batch_size"] == "batch_size"


def test_has_effect_of_common_flags_is_true():
    assert has_effect("dataset", "normal") and has_effect("l2", "swa")
    assert has_effect("split_at", "normal+llf")
    assert not has_effect("split_at", "normal")


def test_requirement_names_the_flag_that_another_one_needs():
    assert requirement("l2_schedule_end") == ("l2_schedule_shape", "linear")
    assert requirement("l2_schedule_shape") is None
    assert requirement("batch_size") is None
