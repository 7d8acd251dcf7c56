import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from pipelines.images import Images
from seal_tf.cli.flags import parse
from seal_tf.cli.train import image_settings
from seal_tf.cli.train.defaults import IMAGE_FLAGS
from seal_tf.cli.train.flags import define_train_flags
from seal_tf.cli.train.settings import train_settings
from studies.study import load_study, study_names

RESULTS = Path("docs/results")
RESOLVED = ("method", "learning_rate", *IMAGE_FLAGS)


def _settings(*words):
    return train_settings(parse(define_train_flags, "", list(words)))


def _images(count, size, channels=3):
    pixels = np.broadcast_to(np.uint8(0), (count, size, size, channels))
    labels = np.zeros(count, np.int32)
    return Images("images", pixels, labels, ("a", "b"))


def _resolved(words, count=1000, size=64):
    settings = _settings(*words)
    settings = image_settings.resolve_for_images(settings, _images(count, size))
    return {name: settings.flags[name] for name in RESOLVED}


def _study_runs():
    for name in study_names():
        for run in load_study(name).runs:
            file = RESULTS / name / "json" / f"{run.name}.json"
            if run.module == "seal_tf.train" and file.exists():
                yield run, json.loads(file.read_text())["result"]


def test_resolve_runs_of_studies_keep_the_values_of_their_results():
    checked = 0
    for run, result in _study_runs():
        words = run.command("W", "DATA", "OUT")[1:]
        resolved = _resolved(
            words, result["training_images"], result["image_shape"][0]
        )
        flags = {name: result["flags"][name] for name in RESOLVED}
        assert resolved == flags, run.name
        checked += 1
    assert checked > 100


@pytest.mark.parametrize(
    "config", sorted(Path("configs").glob("*_*.flags")), ids=lambda p: p.stem
)
def test_resolve_configs_of_papers_keep_the_published_recipe(config):
    # CIFAR at a batch of 64 and Tiny-ImageNet: 16 and 32 images at the end.
    size = 64 if "tiny_imagenet" in config.stem else 32
    resolved = _resolved(
        [f"--flagfile={config}"], 100_000 if size == 64 else 50_000, size
    )
    assert resolved["crop_padding"] == 4
    assert resolved["flip"] is True
    assert resolved["drop_remainder"] is False
    assert resolved["learning_rate"] in (0.1, 0.2)
    assert resolved["method"] in config.stem


@pytest.mark.parametrize(
    ("words", "count", "size", "padding", "flip", "drop"),
    [
        (["--dataset=digits"], 1442, 8, 1, False, True),
        (["--dataset=digits", "--image_size=32"], 320, 32, 4, False, False),
        (["--dataset=svhn"], 73_257, 32, 4, False, False),
        (["--dataset=tiny_imagenet"], 1442, 32, 4, True, False),
        (["--dataset=cifar10"], 50_000, 32, 4, True, False),
        (["--dataset=image_folder"], 1000, 96, 12, True, False),
        (["--dataset=image_folder"], 20, 96, 12, True, False),
    ],
)
def test_resolve_for_images_fits_data_set_and_size(
    words, count, size, padding, flip, drop
):
    resolved = _resolved(words, count, size)
    assert [resolved[name] for name in IMAGE_FLAGS] == [
        padding,
        flip,
        drop,
    ]


def test_resolve_for_images_given_values_stay():
    words = ["--dataset=digits", "--crop_padding=3", "--flip"]
    words += ["--nodrop_remainder", "--learning_rate=0.5"]
    assert _resolved(words, 1442, 8) == {
        "method": "normal",
        "learning_rate": 0.5,
        "crop_padding": 3,
        "flip": True,
        "drop_remainder": False,
    }


def test_resolve_for_images_sets_recipe_and_flags_alike():
    settings = _settings("--dataset=digits")
    assert settings.augmentation.recipe["crop_padding"] is None
    assert set(settings.unresolved) >= set(IMAGE_FLAGS)
    resolved = image_settings.resolve_for_images(settings, _images(1442, 8, 1))
    assert resolved.augmentation.recipe["crop_padding"] == 1
    assert resolved.augmentation.drop_remainder is True
    assert not set(resolved.unresolved) & set(IMAGE_FLAGS)
    assert dataclasses.replace(resolved.data) == settings.data


def test_describe_defaults_names_what_was_chosen_and_why():
    settings = _settings("--dataset=digits", "--learning_rate=0.2")
    train = _images(1442, 8, 1)
    text = image_settings.describe_defaults(
        image_settings.resolve_for_images(settings, train), train
    )
    assert "--method=normal (one long cosine, the baseline; to compare" in text
    assert "--crop_padding=1 (of 8 pixels), --noflip (of digits)" in text
    assert "--drop_remainder (the last batch has 2 images)" in text
    assert "inputs scaled to -1 to 1" in text
    assert "learning_rate" not in text
