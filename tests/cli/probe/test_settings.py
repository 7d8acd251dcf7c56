"""Settings of the probe command."""

from pathlib import Path

import pytest
from absl import flags

from seal_tf.cli.probe.flags import define_flags
from seal_tf.cli.probe.settings import DataSettings, ProbeSettings
from seal_tf.probes.linear.probe import LinearProbe


def parse(*arguments):
    values = flags.FlagValues()
    define_flags(values)
    values(["", *arguments])
    return values


def test_probe_settings_from_flags_creates_the_probe():
    settings = ProbeSettings.from_flags(
        parse("--probe=linear", "--export=a,b", "--out=o", "--cache_dir=c")
    )
    assert isinstance(settings.probe, LinearProbe)
    assert settings.networks == ("a", "b")
    assert settings.out == Path("o")
    assert settings.features.cache_dir == Path("c")
    assert settings.export.taps == ("blocks",)


def test_probe_settings_without_required_flags_raises():
    with pytest.raises(ValueError, match="--probe="):
        ProbeSettings.from_flags(parse("--out=o"))


@pytest.mark.parametrize(
    ("settings", "label"),
    [
        (DataSettings("digits"), "digits"),
        (DataSettings("image_folder", "x/flowers.zip"), "flowers"),
        (DataSettings("digits", classes=4), "digits, classes 1 to 4"),
        (
            DataSettings("digits", skip_classes=4, images_per_class=6),
            "digits, classes 5 to 8, 6 a class",
        ),
    ],
)
def test_label_names_the_part_of_the_data_set(settings, label):
    assert settings.label(4) == label
