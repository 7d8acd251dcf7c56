import json

import numpy as np
import pytest

from tests.cli.runs import epochs_of, error_of, run
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
    assert "1 pairs of identical images" in output
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


@pytest.mark.slow
def test_augmentation_on_device_equals_that_on_host(tmp_path):
    words = ["--mixup_alpha=0.3", "--color_jitter=0.3", "--balance_classes"]
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
