import json

import numpy as np
import pytest

from seal_tf.cli.flags import parse
from seal_tf.cli.train.data import read_images
from seal_tf.cli.train.flags import define_train_flags
from seal_tf.cli.train.settings import train_settings
from tests.cli.runs import TINY, epochs_of, error_of, number, run
from tests.pipelines.fakes import SQUARE, encoded_image, write_class_folders

FAST = ("--method=normal", "--generations=1", "--epochs_per_generation=1")


def _write_images(path):
    """Two classes; one image is in both splits, and one is damaged."""
    images = {
        name: [
            ("png", encoded_image("PNG", "RGB", SQUARE ^ (10 * i + j)))
            for i in range(8)
        ]
        for j, name in enumerate(("ants", "bees"))
    }
    write_class_folders(path, **images)
    for name in images:
        for i in range(1, 8):
            (path / "val" / name / f"{i}.png").unlink()
    (path / "train" / "ants" / "7.png").write_bytes(b"no")
    other = encoded_image("PNG", "RGB", 255 - SQUARE)
    (path / "val" / "bees" / "0.png").write_bytes(other)
    return path


@pytest.mark.slow
def test_summary_counts_duplicates_and_damaged_images(tmp_path, capsys):
    path = _write_images(tmp_path / "data")
    words = [
        *FAST,
        "--dataset=image_folder",
        f"--data_dir={path}",
        "--classes=2",
        "--noflip",
        "--images_per_class=8",
    ]
    line = error_of(capsys, tmp_path / "no", *words)
    assert "7.png: damaged image" in line
    assert "--skip_damaged=True" in line
    assert run(tmp_path / "run", *words, "--skip_damaged") == 0
    output = capsys.readouterr().out
    assert "left out 1 damaged images" in output
    assert "images of digits validation are in" in output
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["images_in_both_splits"] == 1
    assert summary["damaged_images"] == 1
    assert summary["training_images"] == 15


def test_val_from_train_evaluates_published_split_once(tmp_path):
    workdir = tmp_path / "run"
    assert run(workdir, *FAST, "--val_from_train=0.34") == 0
    summary = json.loads((workdir / "summary.json").read_text())
    # Two of six images of each of four classes are held out.
    assert summary["training_images"] == 16
    assert summary["validation_images"] == 8
    assert summary["test"]["images"] == 142
    assert 0 <= summary["test"]["accuracy"] <= 1
    table = (workdir / "results.md").read_text()
    assert "published split" in table


def test_noise_choice_and_repetition_are_in_every_result(tmp_path, capsys):
    workdir = tmp_path / "run"
    words = [
        *("--val_from_train=0.34", "--label_noise=0.25", "--repeat_augment=2"),
        "--images_per_class_seed=3",
    ]
    assert run(workdir, *FAST, *words) == 0
    output = capsys.readouterr().out
    assert "--label_noise: 4 of 16 training labels" in output
    # 4 different images in a batch of 8: 4 steps an epoch.
    assert "cost: 2 passes over 16 images (1 epochs, each image" in output
    summary = json.loads((workdir / "summary.json").read_text())
    assert summary["passes"] == 2 and summary["steps_per_epoch"] == 4
    noise = summary["label_noise"]
    assert (noise["share"], noise["seed"], noise["replaced"]) == (0.25, 0, 4)
    train, held_out, test = json.loads((workdir / "data.json").read_text())
    assert train["label_noise"] == noise
    assert "label_noise" not in held_out and "label_noise" not in test
    report = (workdir / "report.html").read_text()
    assert "4 of 16 training labels (0.25) replaced" in report
    assert "6 of each class, chosen with seed 3" in report
    assert "each image is 2 times in its batch" in report
    assert "2 passes over 16 images" in report


def test_noise_is_in_training_labels_only():
    words = [*TINY, "--val_from_train=0.34"]
    clean, noisy = (
        read_images(train_settings(parse(define_train_flags, "", flags)))
        for flags in (words, [*words, "--label_noise=0.25", "--seed=2"])
    )
    for a, b in zip(clean[1:], noisy[1:], strict=True):
        np.testing.assert_array_equal(a.labels, b.labels)
        assert b.label_noise is None
    assert (clean[0].labels != noisy[0].labels).sum() == 4
    assert noisy[0].label_noise.seed == 2


@pytest.mark.slow
def test_resumed_run_with_modifiers_and_noise_equals_the_whole(tmp_path):
    words = [
        "--method=normal+sam+layer_rates+l2_schedule",
        *("--label_noise=0.25", "--repeat_augment=2", "--l2_timescale=2"),
    ]
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert run(whole, *words) == 0
    assert run(parts, *words, "--generations=1") == 0
    assert run(parts, *words) == 0
    for a, b in zip(epochs_of(whole), epochs_of(parts), strict=True):
        assert a["loss"] == number(b["loss"])
        assert a["val_loss"] == number(b["val_loss"])


@pytest.mark.slow
def test_augmentation_on_device_equals_that_on_host(tmp_path):
    words = ["--mixup_alpha=0.3", "--color_jitter=0.3", "--balance_classes"]
    words.append("--repeat_augment=2")
    # A small rate keeps rounding errors small over twelve steps.
    words.append("--learning_rate=0.005")
    for place in ("host", "device"):
        assert run(tmp_path / place, *words, f"--augment_on={place}") == 0
    host, device = (epochs_of(tmp_path / p) for p in ("host", "device"))
    for a, b in zip(host, device, strict=True):
        assert np.isclose(a["loss"], b["loss"], rtol=1e-4)
        assert np.isclose(a["val_loss"], b["val_loss"], rtol=1e-4)


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("--mixup_alpha=-1", "--mixup_alpha=-1.0"),
        ("--val_from_train=1.5", "--val_from_train=1.5"),
        ("--split_fraction=0.2", "--split_fraction"),
    ],
)
def test_data_flag_out_of_range_is_one_line(tmp_path, capsys, word, message):
    assert message in error_of(capsys, tmp_path / "no", *FAST, word)
    assert not (tmp_path / "no").exists()
