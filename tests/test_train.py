"""`python -m seal_tf.train`, end to end."""

import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from seal_tf import train
from seal_tf.cli.flags import parse
from seal_tf.cli.train.flags import define_train_flags
from seal_tf.cli.train.settings import train_settings
from tests.cli.runs import epochs_of, error_of, number, run

CONFIGS = sorted(Path("configs").glob("*.flags"))
METRICS = {
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


def test_metrics_of_finished_run_have_every_key_and_epoch(finished_run):
    epochs = epochs_of(finished_run)
    assert [set(e) for e in epochs] == [METRICS] * 4
    assert [e["epoch"] for e in epochs] == [0, 1, 2, 3]
    assert [e["generation"] for e in epochs] == [0, 0, 1, 1]
    assert [e["epoch_in_generation"] for e in epochs] == [0, 1, 0, 1]
    assert [e["phase"] for e in epochs] == ["descent"] * 2 + [
        "ascent",
        "descent",
    ]
    assert epochs[2]["early_rate"] == number(-0.1 * epochs[2]["learning_rate"])


def test_summary_of_finished_run_agrees_with_metrics(finished_run):
    epochs = epochs_of(finished_run)
    summary = json.loads((finished_run / "summary.json").read_text())
    assert summary["method"] == "seal"
    assert summary["seed"] == 0
    assert [g["generation"] for g in summary["generations"]] == [0, 1]
    for generation in summary["generations"]:
        rows = [
            e for e in epochs if e["generation"] == generation["generation"]
        ]
        assert generation["val_accuracy_last"] == rows[-1]["val_accuracy"]
        best = max(e["val_accuracy"] for e in rows)
        assert generation["val_accuracy_best"] == best
    assert summary["versions"]["keras"] == keras.__version__


def test_files_of_finished_run_are_complete(finished_run):
    page = (finished_run / "report.html").read_text()
    assert page.count("data:image/svg+xml;base64,") == 2
    for name in ("accuracy_by_generation.svg", "curves.svg"):
        assert (finished_run / name).read_text().startswith("<svg")
    assert list((finished_run / "tensorboard").rglob("*tfevents*"))
    files = sorted(p.name for p in (finished_run / "checkpoints").iterdir())
    assert files == [f"epoch_00000{n}.npz" for n in (2, 3, 4)]
    assert not list(finished_run.rglob("*.part"))


def test_export_loads_with_tensorflow_alone(finished_run, tmp_path):
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
outputs = model.serve(images)
taps = model.features(images[:3])
np.savez(sys.argv[3], **outputs, **{f"tap_{k}": v for k, v in taps.items()})
"""
    from pipelines import read
    from pipelines.augmentation.normalize import normalize

    images = read("digits", "validation", classes=4).pixels[:17]
    np.save(tmp_path / "x.npy", images)
    subprocess.run(
        [
            sys.executable,
            "-c",
            code,
            finished_run / "export",
            tmp_path / "x.npy",
            tmp_path / "out.npz",
        ],
        check=True,
    )
    out = np.load(tmp_path / "out.npz")
    model = keras.saving.load_model(finished_run / "model.keras")
    logits = model.predict(normalize(images), verbose=0)
    np.testing.assert_allclose(out["logits"], logits, atol=1e-5)
    np.testing.assert_allclose(out["probabilities"].sum(1), 1, atol=1e-5)
    card = json.loads((finished_run / "export" / "card.json").read_text())
    assert card["classes"] == ["0", "1", "2", "3"]
    taps = {n.removeprefix("tap_") for n in out if n.startswith("tap_")}
    assert taps == set(card["taps"])
    assert len(taps) >= 4
    block = keras.Model(
        model.inputs, model.get_layer("conv3_block1_out").output
    )
    maps = block.predict(normalize(images[:3]), verbose=0)
    pooled = maps.reshape(3, 2, 2, 2, 2, -1).mean((2, 4)).reshape(3, -1)
    np.testing.assert_allclose(out["tap_conv3_block1_out"], pooled, atol=1e-5)


def test_saved_model_loads_without_seal_tf(finished_run):
    code = (
        "import sys; sys.modules['seal_tf'] = None; import keras;"
        "keras.saving.load_model(sys.argv[1])"
    )
    subprocess.run(
        [sys.executable, "-c", code, finished_run / "model.keras"], check=True
    )


def test_dry_run_prints_plan_and_writes_nothing(tmp_path, capsys):
    assert run(tmp_path / "dry", "--dry_run", "--l2_timescale=2") == 0
    output = capsys.readouterr().out
    assert "generation 2/2, ascent; " in output
    # 24 images in batches of 8: 3 steps per epoch, 4 epochs.
    assert "4 passes over 24 images = 12 steps" in output
    assert "= 6 steps = 2 epochs at the highest learning rate 0.1" in output
    assert not (tmp_path / "dry").exists()


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_exports_float32_activations(tmp_path, precision):
    import tensorflow as tf

    assert run(tmp_path / "mixed", f"--precision={precision}") == 0
    model = tf.saved_model.load(tmp_path / "mixed" / "export")
    images = np.zeros((2, 8, 8, 1), np.uint8)
    outputs = {**model.features(images), **model.serve(images)}
    assert {v.dtype for v in outputs.values()} == {tf.float32}


BAD_INPUT = {
    "unknown flag": (["--ascent=2"], "unknown flag --ascent; did you mean"),
    "unknown method": (["--method=sael"], "--method=sael"),
    "unknown data set": (
        ["--dataset=mnist"],
        "--dataset must be one of tiny_imagenet, ",
    ),
    "unknown network": (["--arch=nope"], "Received: --arch=nope"),
    "not a number": (["--batch_size=x"], "--batch_size=x"),
    "empty batch": (["--batch_size=0"], "--batch_size=0"),
    "extra word": (["train"], "not a flag: 'train'"),
    "missing flag file": (["--flagfile=no.flags"], "no.flags"),
    "split without layer": (["--split_at=nope"], "matches no layer"),
    "ascent too long": (
        ["--ascent_epochs=3"],
        "Received: --ascent_epochs=3",
    ),
    "momentum out of range": (
        ["--momentum=1.5"],
        "--momentum must be at least 0",
    ),
    "flag of another method": (
        ["--method=normal", "--ascent_scale=0.5"],
        "--ascent_scale=0.5 has no effect with --method=normal",
    ),
    "retain with a fixed S": (
        ["--retain=0.3"],
        "--retain=0.3 has no effect with --ascent_scale=0.01",
    ),
    "missing folder": (
        ["--dataset=tiny_imagenet", "--data_dir=nowhere", "--classes=3"],
        "nowhere",
    ),
    "missing data_dir": (["--dataset=image_folder"], "--data_dir"),
    "too many classes": (["--classes=11"], "--classes=11"),
    "factor of an unknown layer": (
        ["--method=normal+layer_rates", "--layer_rates_factors=conv9:2"],
        "--layer_rates_factors: 'conv9' matches no",
    ),
    "modifier alone": (["--method=sam"], "as in --method=normal+sam"),
    "radius of 0": (
        ["--method=normal+sam", "--sam_rho=0"],
        "Received: --sam_rho=0.0",
    ),
    "label noise above 1": (
        ["--label_noise=1.5"],
        "Received: --label_noise=1.5",
    ),
    "repetitions that do not divide the batch": (
        ["--repeat_augment=3"],
        "Received: --batch_size=8, --repeat_augment=3",
    ),
    "seed of no choice": (
        ["--images_per_class=0", "--images_per_class_seed=1"],
        "Received: --images_per_class=0",
    ),
    "timescale of 0": (["--l2_timescale=0"], "Received: --l2_timescale=0.0"),
}


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input_ends_in_one_line_and_writes_nothing(tmp_path, capsys, case):
    words, message = BAD_INPUT[case]
    assert message in error_of(capsys, tmp_path / "bad", *words)
    assert not (tmp_path / "bad").exists()


@pytest.mark.parametrize("config", CONFIGS, ids=lambda p: p.stem)
def test_config_parses_and_states_its_source(config):
    text = config.read_text()
    flags = parse(define_train_flags, "", [f"--flagfile={config}"])
    train_settings(flags)
    for heading in ("paper:", "command:", "hardware:", "time:", "result:"):
        assert f"# {heading}" in text, heading


def test_published_config_has_the_published_recipe():
    path = "configs/seal_tiny_imagenet_resnet50.flags"
    flags = parse(define_train_flags, "", [f"--flagfile={path}"])
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


@pytest.mark.slow
def test_defaults_of_digits_are_a_sane_recipe(tmp_path):
    words = ["--dataset=digits", "--arch=small", "--generations=2"]
    words += ["--epochs_per_generation=4", "--progress=none"]
    assert train.main([*words, f"--workdir={tmp_path / 'run'}"]) == 0
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["last"]["val_accuracy"] > 0.93
    flags = (tmp_path / "run" / "flags.txt").read_text().splitlines()
    assert {"--crop_padding=1", "--flip=False", "--drop_remainder=True"} <= (
        set(flags)
    )


@pytest.mark.photos
@pytest.mark.slow
def test_training_on_photographs_is_above_chance(photos, tmp_path):
    """Train on four classes of the real Tiny-ImageNet."""
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
