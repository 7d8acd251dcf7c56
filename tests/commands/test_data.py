"""What the training command does with its images."""

import json

import numpy as np
import pytest

from tests.commands.runs import epochs_of, refused, run
from tests.pipelines.test_decode import SQUARE, encoded, folder

FAST = ("--method=normal", "--generations=1", "--epochs_per_generation=1")


def images_of(path, damaged=False):
    """Two classes; one image is in both splits."""
    made = {
        name: [
            ("png", encoded("PNG", "RGB", SQUARE ^ (10 * i + j)))
            for i in range(8)
        ]
        for j, name in enumerate(("ants", "bees"))
    }
    folder(path, **made)
    for name in made:
        for i in range(1, 8):
            (path / "val" / name / f"{i}.png").unlink()
    if damaged:
        (path / "train" / "ants" / "7.png").write_bytes(b"no")
    other = encoded("PNG", "RGB", 255 - SQUARE)
    (path / "val" / "bees" / "0.png").write_bytes(other)
    return path


@pytest.mark.slow
def test_pairs_and_damage_are_in_the_summary(tmp_path, capsys):
    path = images_of(tmp_path / "data", damaged=True)
    words = [
        *FAST,
        "--dataset=image_folder",
        f"--data_dir={path}",
        "--classes=2",
        "--noflip",
    ]
    words.append("--images_per_class=8")
    line = refused(capsys, tmp_path / "no", *words)
    assert "7.png: damaged image" in line
    assert "--skip_damaged goes on" in line
    assert run(tmp_path / "run", *words, "--skip_damaged") == 0
    said = capsys.readouterr().out
    assert "1 damaged images left out" in said
    assert "1 pairs of images are in" in said
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["images_in_both_splits"] == 1
    assert summary["damaged_images"] == 1
    assert summary["training_images"] == 15


def test_the_published_split_is_only_reported(tmp_path):
    workdir = tmp_path / "run"
    assert run(workdir, *FAST, "--val_from_train=0.34") == 0
    summary = json.loads((workdir / "summary.json").read_text())
    # Of six images of each of four classes, two are held out.
    assert summary["training_images"] == 16
    assert summary["validation_images"] == 8
    assert summary["test"]["images"] == 142
    assert 0 <= summary["test"]["accuracy"] <= 1
    table = (workdir / "results.md").read_text()
    assert "published split" in table


@pytest.mark.slow
def test_device_and_host_train_alike(tmp_path):
    words = ["--mixup_alpha=0.3", "--color_jitter=0.3", "--balance_classes"]
    # Slow enough that twelve steps do not blow rounding up.
    words.append("--learning_rate=0.005")
    for where in ("host", "device"):
        more = [*words, f"--augment_on={where}"]
        assert run(tmp_path / where, *more) == 0
    host, device = (epochs_of(tmp_path / w) for w in ("host", "device"))
    for a, b in zip(host, device, strict=True):
        assert np.isclose(a["loss"], b["loss"], rtol=1e-4)
        assert np.isclose(a["val_loss"], b["val_loss"], rtol=1e-4)


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("--mixup_alpha=-1", "--mixup_alpha=-1.0: between 0 and 100"),
        ("--val_from_train=1.5", "--val_from_train=1.5: a share between"),
        ("--split_fraction=0.2", "digits has splits of its own"),
    ],
)
def test_bad_flags_are_one_line(tmp_path, capsys, word, message):
    assert message in refused(capsys, tmp_path / "no", *FAST, word)
    assert not (tmp_path / "no").exists()
