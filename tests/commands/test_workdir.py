"""What a work directory goes on with, and what it refuses."""

import fcntl
import json
import os
import shutil
import warnings

import pytest

from seal_tf import train
from seal_tf.cli.workdir import Workdir
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


def test_same_command_resumes(done, tmp_path, capsys):
    """Cut after generation 1, in the middle of writing: as if never cut."""
    cut = tmp_path / "seal"
    shutil.copytree(done, cut)
    (cut / "checkpoints" / "epoch_000004.npz").write_bytes(b"PK")
    (cut / "checkpoints" / "epoch_000003.npz").unlink()
    (cut / "checkpoints" / "epoch_000005.npz.part").write_bytes(b"PK")
    for name in ("summary.json", "report.html", "model.keras"):
        (cut / name).unlink()
    lines = (cut / "metrics.jsonl").read_text().splitlines()
    (cut / "metrics.jsonl").write_text("\n".join([*lines[:3], '{"epo']))
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        assert run(cut, *DONE) == 0
    said = capsys.readouterr()
    assert "seal_tf: warning: " in said.err
    assert "epoch_000004.npz: damaged checkpoint" in said.err
    assert "goes on after epoch 2 of 4" in said.out
    assert not list(cut.rglob("*.part"))
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
    line = refused(capsys, done, *DONE, "--generations=1")
    assert "--generations=2 there, 1 here" in line


def test_more_generations_follow(done, tmp_path, capsys):
    """Other rhythms may be given; the rest of the plan is trained."""
    copy = tmp_path / "more"
    shutil.copytree(done, copy)
    words = ["--generations=3", "--checkpoint_every_epochs=0"]
    assert run(copy, *DONE, *words) == 0
    assert "goes on after epoch 4 of 6" in capsys.readouterr().out
    assert [e["generation"] for e in epochs_of(copy)] == [0, 0, 1, 1, 2, 2]
    assert epochs_of(copy)[:4] == epochs_of(done)
    assert "--generations=3" in (copy / "flags.txt").read_text()


@pytest.mark.slow
def test_more_generations_of_another_plan_are_refused(tmp_path, capsys):
    words = ["--method=annealed_ascent"]
    assert run(tmp_path / "run", *words, "--generations=1") == 0
    line = refused(capsys, tmp_path / "run", *words)
    assert "are no beginning of this run: epochs=2 there, 4 here" in line
    assert "--generations=1" in (tmp_path / "run" / "flags.txt").read_text()


def test_one_process_at_a_time(done, tmp_path, capsys):
    copy = tmp_path / "held"
    shutil.copytree(done, copy)
    with (copy / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        line = refused(capsys, copy, *DONE)
        assert f"process {os.getpid()} on " in line
        assert run(copy, *DONE, "--dry_run") == 0
    assert run(copy, *DONE) == 0


def test_two_that_begin_at_once(tmp_path):
    """The one that comes second changes nothing."""

    class Flags:
        dry_run = False

    path = tmp_path / "w"
    first, second = Workdir(path, Flags), Workdir(path, Flags)
    assert not first.check()
    assert not second.check()
    assert not first.claim()
    first.add_epoch({"epoch": 0})
    with pytest.raises(ValueError, match="is writing to it"):
        second.claim()
    assert first.epochs() == [{"epoch": 0}]
    first.release()
    # What a process that is killed as it begins leaves is no obstacle.
    (path / "metrics.jsonl").unlink()
    (path / "flags.txt.part").write_text("--sc")
    assert not second.claim()
    second.release()


def test_a_folder_of_something_else_is_left_alone(tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("years of work")
    assert "no run of ours" in refused(capsys, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.slow
def test_other_images_are_refused(tmp_path, capsys):
    from tests.pipelines import fakes

    words = ["--dataset=image_folder", "--classes=2", "--images_per_class=8"]
    files = {
        name.replace("ant", "<script>ant"): data
        for name, data in fakes.image_folder().items()
    }
    one = fakes.write(files, tmp_path / "one")
    files["train/<script>ant/p0.jpg"] = fakes.jpeg(999, 32)
    two = fakes.write(files, tmp_path / "two")
    assert run(tmp_path / "w", *words, f"--data_dir={one}") == 0
    page = (tmp_path / "w" / "report.html").read_text()
    assert "<script>" not in page
    line = refused(capsys, tmp_path / "w", *words, f"--data_dir={two}")
    assert "trained on other images" in line


@pytest.mark.parametrize(
    "name,damage,message",
    [
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
