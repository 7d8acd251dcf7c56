"""`python -m seal_tf.train`, end to end."""

import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from seal_tf import train
from seal_tf.cli import method, train_flags
from seal_tf.cli.flags import parse
from tests.commands.runs import TINY, epochs_of, number, refused, run

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


def test_what_a_workdir_holds(done):
    epochs = epochs_of(done)
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
    assert saved == [f"epoch_00000{n}.npz" for n in (2, 3, 4)]
    assert not list(done.rglob("*.part"))


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
    from pipelines.augmentation.normalise import normalise

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


@pytest.mark.slow
def test_best_weights_are_exported_on_request(tmp_path):
    from pipelines import read
    from pipelines.augmentation.normalise import normalise

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
    first = epochs_of(tmp_path / "on")[0]
    assert first["phase"] == "ascent"
    last = epochs_of(done)[-1]
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


@pytest.mark.slow
@pytest.mark.parametrize(
    "precision",
    ["mixed_bfloat16", "mixed_float16"],
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
    "an unknown data set": (
        ["--dataset=mnist"],
        "should be one of <tiny_imagenet|",
    ),
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
    "a share to keep by a fixed S": (
        ["--retain=0.3"],
        "--retain=0.3 means nothing with --ascent_scale=0.01",
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


def test_saved_model_is_plain_keras(done):
    code = (
        "import sys; sys.modules['seal_tf'] = None; import keras;"
        "keras.saving.load_model(sys.argv[1])"
    )
    subprocess.run(
        [sys.executable, "-c", code, done / "model.keras"], check=True
    )
