"""`python -m seal_tf.train`, end to end."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from seal_tf import train
from seal_tf.commands import method, train_flags
from seal_tf.commands.flags import parse
from tests.commands.runs import TINY, number, refused, run

CONFIGS = sorted(Path("configs").glob("*.flags"))
KEYS = {
    "epoch",
    "generation",
    "epoch_in_generation",
    "phase",
    "learning_rate",
    "early_rate",
    "later_rate",
    "loss",
    "accuracy",
    "val_loss",
    "val_accuracy",
    "seconds",
    "images_per_second",
}


def _epochs(workdir):
    lines = (workdir / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A finished run of SEAL."""
    workdir = tmp_path_factory.mktemp("run") / "seal"
    assert run(workdir, "--ascent_scale=0.1") == 0
    return workdir


def test_what_a_workdir_holds(done):
    epochs = _epochs(done)
    assert [set(e) for e in epochs] == [KEYS] * 4
    assert [e["epoch"] for e in epochs] == [0, 1, 2, 3]
    assert [e["generation"] for e in epochs] == [0, 0, 1, 1]
    assert [e["epoch_in_generation"] for e in epochs] == [0, 1, 0, 1]
    assert [e["phase"] for e in epochs] == ["descent"] * 2 + [
        "ascent",
        "descent",
    ]
    assert epochs[2]["early_rate"] == number(-0.1 * epochs[2]["learning_rate"])
    summary = json.loads((done / "summary.json").read_text())
    assert summary["method"] == "seal"
    assert summary["seed"] == 0
    assert [g["generation"] for g in summary["generations"]] == [0, 1]
    for g in summary["generations"]:
        mine = [e for e in epochs if e["generation"] == g["generation"]]
        assert g["val_accuracy_last"] == mine[-1]["val_accuracy"]
        best = max(e["val_accuracy"] for e in mine)
        assert g["val_accuracy_best"] == best
    assert summary["versions"]["keras"] == keras.__version__
    page = (done / "report.html").read_text()
    assert page.count("data:image/png;base64,") == 2
    for name in ("accuracy_by_generation.png", "curves.png"):
        assert (done / name).read_bytes().startswith(b"\x89PNG")
    assert list((done / "tensorboard").rglob("*tfevents*"))
    saved = sorted(p.name for p in (done / "checkpoints").iterdir())
    assert saved == ["epoch_000002.npz", "epoch_000004.npz"]
    assert not list(done.rglob("*.part"))


def test_exact_flags_are_the_same_run(done, tmp_path):
    """flags.txt reloaded gives the same numbers."""
    words = [
        f"--flagfile={done / 'flags.txt'}",
        f"--workdir={tmp_path / 'again'}",
    ]
    assert train.main(words) == 0
    for a, b in zip(_epochs(done), _epochs(tmp_path / "again"), strict=True):
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
    assert run(cut, "--ascent_scale=0.1") == 0
    before, after = _epochs(done), _epochs(cut)
    assert [e["epoch"] for e in after] == [0, 1, 2, 3]
    for a, b in zip(before, after, strict=True):
        for key in ("loss", "val_loss", "accuracy", "early_rate"):
            assert a[key] == number(b[key]), key
    summaries = [
        json.loads((w / "summary.json").read_text())["best"]
        for w in (done, cut)
    ]
    assert summaries[0]["epoch"] == summaries[1]["epoch"]


def test_other_flags_are_refused(done, capsys):
    line = refused(capsys, done, "--ascent_scale=0.2", "--seed=1")
    assert "--ascent_scale=0.1 there, 0.2 here" in line
    assert "--seed=0 there, 1 here" in line


def test_export_needs_tensorflow_alone(done, tmp_path):
    code = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("seal_tf", "pipelines"):
            raise ImportError(name)
sys.meta_path.insert(0, Missing())
import numpy as np, tensorflow as tf
model = tf.saved_model.load(sys.argv[1])
images = np.load(sys.argv[2])
out = model.serve(images)
found = model.features(images[:3])
np.savez(sys.argv[3], **out, **{f"tap_{k}": v for k, v in found.items()})
"""
    from pipelines import read
    from pipelines.augment import normalise

    images = read("digits", "validation", classes=4).pixels[:17]
    np.save(tmp_path / "x.npy", images)
    subprocess.run(
        [
            sys.executable,
            "-c",
            code,
            done / "export",
            tmp_path / "x.npy",
            tmp_path / "out.npz",
        ],
        check=True,
    )
    out = np.load(tmp_path / "out.npz")
    model = keras.saving.load_model(done / "model.keras")
    logits = model.predict(normalise(images), verbose=0)
    np.testing.assert_allclose(out["logits"], logits, atol=1e-5)
    np.testing.assert_allclose(out["probabilities"].sum(1), 1, atol=1e-5)
    card = json.loads((done / "export" / "card.json").read_text())
    assert card["classes"] == ["0", "1", "2", "3"]
    taps = {n.removeprefix("tap_") for n in out if n.startswith("tap_")}
    assert taps == set(card["taps"])
    assert len(taps) >= 4
    block = keras.Model(
        model.inputs, model.get_layer("conv3_block1_out").output
    )
    maps = block.predict(normalise(images[:3]), verbose=0)
    pooled = maps.reshape(3, 2, 2, 2, 2, -1).mean((2, 4)).reshape(3, -1)
    np.testing.assert_allclose(out["tap_conv3_block1_out"], pooled, atol=1e-5)


def test_best_weights_are_exported_on_request(tmp_path):
    from pipelines import read
    from pipelines.augment import normalise

    workdir = tmp_path / "best"
    assert run(workdir, "--export_weights=best", "--learning_rate=0.3") == 0
    summary = json.loads((workdir / "summary.json").read_text())
    held = read("digits", "validation", classes=4)
    model = keras.saving.load_model(workdir / "model.keras")
    logits = model.predict(normalise(held.pixels), verbose=0)
    accuracy = (logits.argmax(1) == held.labels).mean()
    assert accuracy == pytest.approx(summary["best"]["val_accuracy"], abs=1e-6)


def test_init_from(done, tmp_path, capsys):
    more = [f"--init_from={done / 'model.keras'}", "--learning_rate=1e-6"]
    assert run(tmp_path / "on", *more, "--first_generation=1") == 0
    first = _epochs(tmp_path / "on")[0]
    assert first["phase"] == "ascent"
    last = _epochs(done)[-1]
    assert first["val_accuracy"] == pytest.approx(last["val_accuracy"], abs=0.1)
    line = refused(capsys, tmp_path / "no", *more, "--classes=5")
    assert "predictions/kernel is (128, 5), not (128, 4)" in line
    line = refused(capsys, tmp_path / "no", "--init_from=nowhere.keras")
    assert "--init_from=nowhere.keras" in line
    assert not (tmp_path / "no").exists()


def test_dry_run_writes_nothing(tmp_path, capsys):
    assert run(tmp_path / "dry", "--dry_run") == 0
    said = capsys.readouterr().out
    assert "generation 2/2, ascent; " in said
    # 24 images by 8: 3 steps an epoch, 4 epochs.
    assert "4 passes over 24 images = 12 steps" in said
    assert not (tmp_path / "dry").exists()


@pytest.mark.parametrize(
    "precision",
    [pytest.param("mixed_bfloat16", marks=pytest.mark.slow), "mixed_float16"],
)
def test_mixed_precision(tmp_path, precision):
    """The export gives float32 activations all the same."""
    import tensorflow as tf

    assert run(tmp_path / "mixed", f"--precision={precision}") == 0
    model = tf.saved_model.load(tmp_path / "mixed" / "export")
    images = np.zeros((2, 8, 8, 1), np.uint8)
    found = {**model.features(images), **model.serve(images)}
    assert {v.dtype for v in found.values()} == {tf.float32}


BAD = {
    "an unknown flag": (["--ascent=2"], "unknown flag --ascent; did you mean"),
    "an unknown method": (["--method=sael"], "--method=sael"),
    "an unknown data set": (["--dataset=mnist"], "should be one of <digits|"),
    "an unknown network": (["--arch=nope"], "no network 'nope'"),
    "not a number": (["--batch_size=x"], "--batch_size=x"),
    "no batch": (["--batch_size=0"], "--batch_size=0"),
    "a word too many": (["train"], "not a flag: 'train'"),
    "no flag file": (["--flagfile=no.flags"], "no.flags"),
    "a split of nothing": (["--split_at=nope"], "matches no layer"),
    "an ascent too long": (["--ascent_epochs=3"], "Received: 3"),
    "a strange momentum": (["--momentum=1.5"], "`momentum` must be in"),
    "somebody else's flag": (
        ["--method=normal", "--ascent_scale=0.5"],
        "means nothing to --method=normal",
    ),
    "no folder": (
        ["--dataset=tiny_imagenet", "--data_dir=nowhere", "--classes=3"],
        "nowhere: no such folder or zip",
    ),
    "no data_dir": (["--dataset=image_folder"], "needs --data_dir"),
    "too many classes": (["--classes=11"], "10 classes, fewer than"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line(tmp_path, capsys, case):
    words, message = BAD[case]
    assert message in refused(capsys, tmp_path / "bad", *words)
    assert not (tmp_path / "bad").exists()


def test_a_folder_of_something_else_is_left_alone(tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("years of work")
    assert "no run of ours" in refused(capsys, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("command", ["seal_tf.train", "seal_tf.report"])
def test_help(command):
    done = subprocess.run(
        [sys.executable, "-m", command, "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    if command == "seal_tf.train":
        values = parse(train_flags.define, "", list(TINY))
        for name in values:
            assert f"--{name}=" in done.stdout or f"]{name}\n" in done.stdout


@pytest.mark.parametrize("config", CONFIGS, ids=lambda p: p.stem)
def test_configs(config):
    text = config.read_text()
    flags = parse(train_flags.define, "", [f"--flagfile={config}"])
    method.schedule_from(flags)
    if config.stem != "base":
        for head in ("paper:", "command:", "hardware:", "time:", "result:"):
            assert f"# {head}" in text, head


def test_the_published_recipe_to_the_number():
    path = "configs/seal_tiny_imagenet_resnet50.flags"
    flags = parse(train_flags.define, "", [f"--flagfile={path}"])
    published = {
        "arch": "resnet50",
        "generations": 10,
        "epochs_per_generation": 160,
        "ascent_epochs": 40,
        "ascent_scale": 0.01,
        "learning_rate": 0.1,
        "warmup_epochs": 20,
        "batch_size": 32,
        "momentum": 0.9,
        "nesterov": False,
        "l2": 5e-4,
        "label_smoothing": 0.1,
        "crop_padding": 4,
        "flip": True,
        "split_at": "conv4_block1",
    }
    assert {name: flags[name].value for name in published} == published


@pytest.mark.photos
@pytest.mark.slow
def test_on_photographs(photos, tmp_path):
    """Four classes of the real Tiny-ImageNet: well above chance."""
    words = [
        "--flagfile=configs/seal_tiny_imagenet_small.flags",
        f"--data_dir={photos / 'tiny-imagenet-50x200.zip'}",
        "--classes=4",
        "--image_size=32",
        "--generations=2",
        "--epochs_per_generation=6",
        "--progress=none",
        f"--workdir={tmp_path / 'run'}",
    ]
    assert train.main(words) == 0
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["last"]["val_accuracy"] > 0.4


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
    assert message in refused(capsys, copy, "--ascent_scale=0.1")
    for path, data in before.items():
        assert (copy / path).read_bytes() == data


def test_snapshots_and_their_ensemble(tmp_path):
    """M softmax means by hand; the export elsewhere gives the same."""
    from pipelines import read
    from pipelines.augment import normalise

    workdir = tmp_path / "kept"
    assert run(workdir, "--method=seal+snapshots", "--generations=3") == 0
    files = sorted((workdir / "snapshots").iterdir())
    assert [f.name for f in files] == [
        f"snapshot_0{i}.keras" for i in (1, 2, 3)
    ]
    held = read("digits", "validation", classes=4)
    members = []
    for file in files:
        model = keras.saving.load_model(file)
        z = model.predict(normalise(held.pixels), verbose=0).astype("float64")
        e = np.exp(z - z.max(1, keepdims=True))
        members.append(e / e.sum(1, keepdims=True))
    found = json.loads((workdir / "ensemble.json").read_text())
    for m in (1, 2, 3):
        mean = sum(members[-m:]) / m
        accuracy = (mean.argmax(1) == held.labels).mean()
        assert found["last"][m - 1] == pytest.approx(accuracy, abs=1e-6)
        alone = (members[m - 1].argmax(1) == held.labels).mean()
        assert found["members"][m - 1] == pytest.approx(alone, abs=1e-6)
    flat = np.stack(members).reshape(3, -1)
    np.testing.assert_allclose(
        found["correlations"], np.corrcoef(flat), atol=1e-4
    )
    ways = found["interpolation"]
    assert [len(way) for way in ways] == [11, 11]
    # Both ways end at the last snapshot.
    assert ways[0][-1]["loss"] == pytest.approx(ways[1][-1]["loss"], rel=1e-3)
    np.save(tmp_path / "x.npy", held.pixels)
    code = """
import sys
sys.modules["seal_tf"] = sys.modules["pipelines"] = None
import numpy as np, tensorflow as tf
model = tf.saved_model.load(sys.argv[1])
np.savez(sys.argv[3], **model.serve(np.load(sys.argv[2])))
"""
    paths = [
        workdir / "export_ensemble",
        tmp_path / "x.npy",
        tmp_path / "o.npz",
    ]
    subprocess.run([sys.executable, "-c", code, *map(str, paths)], check=True)
    out = np.load(tmp_path / "o.npz")
    np.testing.assert_allclose(out["members"], members, atol=1e-6)
    np.testing.assert_allclose(
        out["probabilities"], sum(members) / 3, atol=1e-6
    )


def test_freezing_is_priced_and_measured(tmp_path, capsys):
    workdir = tmp_path / "frozen"
    words = ["--method=freezeout", "--freezeout_t0=0.5", "--generations=4"]
    assert run(workdir, *words) == 0
    out = capsys.readouterr().out
    assert "freezing saves" in out
    found = json.loads((workdir / "summary.json").read_text())["freezing"]
    assert 0.05 < found["predicted_saving"] < 0.67
    assert [s["frozen"] for s in found["stages"]] == [0, 1, 2, 3, 4]
    assert sum(s["epochs"] for s in found["stages"]) == 8


def test_saved_model_is_plain_keras(done):
    code = (
        "import sys; sys.modules['seal_tf'] = None; import keras;"
        "keras.saving.load_model(sys.argv[1])"
    )
    subprocess.run(
        [sys.executable, "-c", code, done / "model.keras"], check=True
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "normal",
        "llf",
        "annealed_ascent",
        "snapshots",
        "freezeout",
        "seal+freezeout",
        "llf+seal",
        "llf+snapshots",
        "snapshots+freezeout",
    ],
)
def test_every_method_by_command(tmp_path, name):
    """Trains, exports, and the export answers."""
    import tensorflow as tf

    assert run(tmp_path / "run", f"--method={name}") == 0
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["method"] == name
    assert summary["epochs"] == 4
    model = tf.saved_model.load(tmp_path / "run" / "export")
    out = model.serve(np.zeros((3, 8, 8, 1), np.uint8))
    assert out["probabilities"].shape == (3, 4)
    assert ("ensemble" in summary) == ("snapshots" in name)
