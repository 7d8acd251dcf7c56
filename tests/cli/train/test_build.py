import dataclasses

import numpy as np
import pytest

import pipelines
from pipelines.splits import take_images
from seal_tf.ascent_scale import scale_rule
from seal_tf.cli.flags import parse
from seal_tf.cli.train import build
from seal_tf.cli.train.flags import define_train_flags
from seal_tf.cli.train.settings import train_settings
from seal_tf.optimizers import SGD
from tests.cli.runs import TINY, epochs_of, error_of, run


def _settings(*words):
    return train_settings(parse(define_train_flags, "", [*TINY, *words]))


@pytest.fixture(scope="module")
def images():
    return pipelines.read("digits", "train", classes=4, images_per_class=6)


def test_build_model_compiles_with_the_settings(images, capsys):
    model = build.build_model(_settings("--l2=0.01", "--nesterov"), images)
    assert isinstance(model.optimizer, SGD)
    assert (model.optimizer.l2, model.optimizer.nesterov) == (0.01, True)
    assert model.output_shape == (None, 4)
    assert not model.jit_compile
    parameters = build.count_parameters(model)
    assert f"{parameters:,} trainable parameters" in capsys.readouterr().out


def test_build_model_adamw_gets_l2_as_weight_decay(images):
    words = ["--optimizer=adamw", "--l2=0.02", "--ema_momentum=0.9"]
    model = build.build_model(_settings("--method=normal", *words), images)
    assert model.optimizer.weight_decay == 0.02
    assert model.optimizer.use_ema and model.optimizer.ema_momentum == 0.9


@pytest.mark.parametrize("optimizer,momentum", [("sgd", 0.9), ("adamw", 0.0)])
def test_build_model_computes_l2_from_its_timescale(
    images, optimizer, momentum
):
    """24 images in batches of 8: 3 steps an epoch."""
    model = build.build_model(
        _settings(
            "--method=normal",
            f"--optimizer={optimizer}",
            "--learning_rate=0.05",
            "--l2_timescale=2.5",
        ),
        images,
    )
    decay = getattr(model.optimizer, "l2", model.optimizer.weight_decay)
    assert decay == pytest.approx((1 - momentum) / (0.05 * 2.5 * 3))


def test_build_model_unknown_tap_raises_before_training(images):
    with pytest.raises(ValueError, match="nope"):
        build.build_model(_settings("--taps=nope"), images)


def test_steps_per_epoch_counts_the_partial_batch(images):
    assert build.steps_per_epoch(_settings("--batch_size=7"), images) == 4
    settings = _settings("--batch_size=7", "--drop_remainder")
    assert build.steps_per_epoch(settings, images) == 3


def test_class_weights_are_inverse_to_frequency():
    class FakeImages:
        labels = np.array([0, 0, 0, 1])
        class_names = ("a", "b")

        def __len__(self):
            return 4

    augmentation = _settings("--balance_classes").augmentation
    assert build.class_weights(augmentation, FakeImages()) == {
        0: pytest.approx(2 / 3),
        1: pytest.approx(2.0),
    }
    assert build.class_weights(_settings().augmentation, FakeImages()) is None


def test_probe_data_is_drawn_by_the_seed(images, monkeypatch):
    monkeypatch.setattr(scale_rule, "MIN_IMAGES", 4)
    assert build.probe_data(_settings(), images) is None
    auto = ["--ascent_scale=auto", "--epochs_per_generation=40"]
    x, y = build.probe_data(_settings(*auto), images)
    again, _ = build.probe_data(_settings(*auto), images)
    other, _ = build.probe_data(_settings(*auto, "--seed=1"), images)
    assert len(x) == len(y) == 4
    np.testing.assert_array_equal(x, again)
    assert not np.array_equal(x, other)


def test_probe_data_has_images_of_several_classes(images, monkeypatch):
    monkeypatch.setattr(scale_rule, "MIN_IMAGES", 8)
    rare = dataclasses.replace(
        images, labels=(np.arange(24) == 23).astype(np.int32)
    )
    auto = ["--ascent_scale=auto", "--epochs_per_generation=40"]
    for seed in range(4):
        _, y = build.probe_data(_settings(*auto, f"--seed={seed}"), rare)
        assert len(y) == 8 and y[:, 1].sum() == 1


def test_probe_data_of_too_few_images_is_an_error_before_training(images):
    few = take_images(images, np.arange(15))
    with pytest.raises(ValueError, match="requires at least 16 .*Received: 15"):
        build.probe_data(_settings("--ascent_scale=auto"), few)


def test_init_from_starts_with_the_trained_weights(
    finished_run, tmp_path, capsys
):
    words = [f"--init_from={finished_run / 'model.keras'}"]
    words += ["--learning_rate=1e-6"]
    assert run(tmp_path / "on", *words, "--first_generation=1") == 0
    first = epochs_of(tmp_path / "on")[0]
    assert first["phase"] == "ascent"
    last = epochs_of(finished_run)[-1]
    assert first["val_accuracy"] == pytest.approx(last["val_accuracy"], abs=0.1)
    line = error_of(capsys, tmp_path / "no", "--init_from=nowhere.keras")
    assert "--init_from=nowhere.keras" in line
    assert not (tmp_path / "no").exists()
