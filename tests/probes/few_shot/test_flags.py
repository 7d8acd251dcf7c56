"""Flags of the few-shot probe."""

import pytest
from absl import flags

from seal_tf.probes.few_shot.flags import FewShotSettings, define_flags


def parse(*arguments):
    values = flags.FlagValues()
    define_flags(values)
    flags.DEFINE_string("tap", "penultimate", "", flag_values=values)
    flags.DEFINE_integer("seed", 0, "", flag_values=values)
    values(["", *arguments])
    return FewShotSettings.from_flags(values)


def test_few_shot_settings_from_flags_has_the_same_defaults():
    assert parse() == FewShotSettings()


def test_few_shot_settings_from_flags_drops_repeated_shots():
    assert parse("--shots=5,1,5").shots == (5, 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--shots=x"], "shots=x"),
        (["--shots=0"], "shots=0"),
        (["--shots=", "--all_way_shots=0"], "`all_way_shots` must be given"),
    ],
)
def test_few_shot_settings_with_bad_shots_raises(arguments, message):
    with pytest.raises(ValueError, match=message):
        parse(*arguments)
