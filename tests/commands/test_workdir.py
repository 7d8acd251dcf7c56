"""What a work directory goes on with, and what it refuses."""

import json
import shutil

import pytest

from seal_tf import train
from seal_tf.probes import learning
from tests.commands.runs import DONE, epochs_of, number, refused, run


def test_exact_flags_are_the_same_run(done, tmp_path):
    """flags.txt reloaded gives the same numbers."""
    words = [
        f"--flagfile={done / 'flags.txt'}",
        f"--workdir={tmp_path / 'again'}",
    ]
    assert train.main(words) == 0
    for a, b in zip(
        epochs_of(done), epochs_of(tmp_path / "again"), strict=True
    ):
        assert a["loss"] == number(b["loss"])
        assert a["val_loss"] == number(b["val_loss"])


def test_same_command_resumes(done, tmp_path):
    """Cut after generation 1, in the middle of writing: as if never cut."""
    cut = tmp_path / "seal"
    shutil.copytree(done, cut)
    (cut / "checkpoints" / "epoch_000004.npz").unlink()
    for name in ("summary.json", "report.html", "model.keras"):
        (cut / name).unlink()
    lines = (cut / "metrics.jsonl").read_text().splitlines()
    (cut / "metrics.jsonl").write_text("\n".join([*lines[:3], '{"epo']))
    assert run(cut, *DONE) == 0
    before, after = epochs_of(done), epochs_of(cut)
    assert [e["epoch"] for e in after] == [0, 1, 2, 3]
    for a, b in zip(before, after, strict=True):
        for key in ("loss", "val_loss", "accuracy", "early_rate"):
            assert a[key] == number(b[key]), key
    record = learning.read(cut / "learning", epochs=4)["validation"].mean(1)
    assert record == number([e["val_accuracy"] for e in after])
    summaries = [
        json.loads((w / "summary.json").read_text())["best"]
        for w in (done, cut)
    ]
    assert summaries[0]["epoch"] == summaries[1]["epoch"]


def test_other_flags_are_refused(done, capsys):
    line = refused(capsys, done, "--ascent_scale=0.2", "--seed=1")
    assert "--ascent_scale=0.1 there, 0.2 here" in line
    assert "--seed=0 there, 1 here" in line


def test_a_folder_of_something_else_is_left_alone(tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("years of work")
    assert "no run of ours" in refused(capsys, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


def test_other_images_are_refused(tmp_path, capsys):
    from tests.pipelines import fakes

    words = ["--dataset=image_folder", "--classes=2", "--images_per_class=8"]
    one = fakes.write(fakes.image_folder(), tmp_path / "one")
    files = fakes.image_folder()
    files["train/ant/p0.jpg"] = fakes.jpeg(999, 32)
    two = fakes.write(files, tmp_path / "two")
    assert run(tmp_path / "w", *words, f"--data_dir={one}") == 0
    line = refused(capsys, tmp_path / "w", *words, f"--data_dir={two}")
    assert "trained on other images" in line


@pytest.mark.parametrize(
    "name,damage,message",
    [
        ("checkpoints/epoch_000004.npz", b"PK", "damaged checkpoint"),
        ("metrics.jsonl", b"{}", "its first 1 readable lines are not the 4"),
        ("metrics.jsonl", None, "its first 0 readable lines are not the 4"),
        ("flags.txt", b"seal", "damaged; nobody can tell"),
    ],
)
def test_damaged_workdir(done, tmp_path, capsys, name, damage, message):
    """One line, and what was there is still there."""
    copy = tmp_path / "seal"
    shutil.copytree(done, copy)
    (copy / name).unlink()
    if damage is not None:
        (copy / name).write_bytes(damage)
    before = {p.name: p.read_bytes() for p in copy.iterdir() if p.is_file()}
    assert message in refused(capsys, copy, *DONE)
    for path, data in before.items():
        assert (copy / path).read_bytes() == data
