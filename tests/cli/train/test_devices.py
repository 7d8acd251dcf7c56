import os
import subprocess
import sys

import keras
import pytest

from seal_tf.cli.flags import parse
from seal_tf.cli.train import devices
from seal_tf.cli.train.flags import define_train_flags
from seal_tf.cli.train.settings import train_settings
from seal_tf.fast_ops import precision
from tests.cli.runs import error_of


def _settings(*words):
    return train_settings(parse(define_train_flags, "", list(words)))


def test_set_precision_and_seed_sets_both():
    settings = _settings("--precision=mixed_bfloat16", "--seed=5")
    assert devices.configure_devices(settings) is None
    devices.set_precision_and_seed(settings)
    assert keras.config.dtype_policy().name == "mixed_bfloat16"
    first = keras.random.normal((1,))
    devices.set_precision_and_seed(settings)
    assert float(first[0]) == float(keras.random.normal((1,))[0])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--deterministic", "--jit_compile=true"], "no deterministic XLA"),
        (["--strategy=mirrored", "--jit_compile=true"], "hangs"),
        (["--strategy=mirrored", "--augment_on=device"], "whole batches"),
        (["--strategy=multi_worker", "--track_learning"], "predict"),
        (["--strategy=multi_worker", "--precision=auto"], "differently"),
        (["--strategy=data_parallel"], "Use `backend=jax`"),
        (["--strategy=data_parallel", "--backend=torch"], "Use `backend=jax`"),
        (["--strategy=mirrored", "--backend=jax"], "one of TensorFlow"),
        (
            [
                "--strategy=data_parallel",
                "--backend=jax",
                "--nosync_batch_norm",
            ],
            "whole batch",
        ),
        (
            ["--strategy=data_parallel", "--backend=jax", "--track_learning"],
            "cannot predict",
        ),
        (
            [
                "--strategy=data_parallel",
                "--backend=jax",
                "--jit_compile=false",
            ],
            "when it compiles",
        ),
    ],
)
def test_configure_devices_incompatible_settings_raise(words, message):
    with pytest.raises(ValueError, match=message):
        devices.configure_devices(_settings(*words))


def test_incompatible_devices_by_command_are_one_line(tmp_path, capsys):
    words = ["--deterministic", "--jit_compile=true"]
    line = error_of(capsys, tmp_path / "w", *words)
    assert "--deterministic and --jit_compile=true are incompatible" in line


@pytest.mark.parametrize(
    ("words", "xla"),
    [
        (["--jit_compile=true"], True),
        (["--jit_compile=false"], False),
        (["--deterministic"], False),
        (["--strategy=mirrored"], False),
    ],
)
def test_uses_xla_follows_the_flags(words, xla):
    assert devices.uses_xla(_settings(*words).devices) is xla


def test_uses_fast_ops_not_with_xla():
    assert not devices.uses_fast_ops(_settings("--jit_compile=true").devices)
    assert not devices.uses_fast_ops(_settings("--fast_ops=off").devices)


def test_fast_ops_mode_of_a_deterministic_run_does_not_measure():
    def mode(*words):
        return devices._fast_ops_mode(_settings(*words).devices)

    assert mode() == "measure"
    assert mode("--deterministic") == "cached"
    assert mode("--deterministic", "--fast_ops=table") == "table"


@pytest.mark.parametrize(
    ("ratio", "policy"), [(0.5, "mixed_bfloat16"), (1.5, "float32")]
)
def test_precision_auto_is_the_faster_one(monkeypatch, capsys, ratio, policy):
    monkeypatch.setattr(precision, "bfloat16_ratio", lambda: ratio)
    settings = devices.resolve_precision(_settings("--precision=auto"), None)
    assert settings.devices.precision == policy
    assert f"takes {ratio} times as long" in capsys.readouterr().out


def test_precision_auto_of_a_resumed_run_is_the_kept_one(monkeypatch):
    monkeypatch.setattr(precision, "bfloat16_ratio", lambda: 0.5)
    auto = _settings("--precision=auto")
    settings = devices.resolve_precision(auto, "float32")
    assert settings.devices.precision == "float32"


@pytest.mark.slow
def test_precision_is_measured_after_the_devices_are_set(tmp_path):
    """TensorFlow accepts no new devices after its first operation."""
    words = ["--strategy=mirrored", "--cpu_devices=2", "--precision=auto"]
    words += ["--dataset=digits", "--arch=small", "--dry_run"]
    result = subprocess.run(
        [sys.executable, "-m", "seal_tf.train", *words],
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert "times as long as float32" in result.stdout


def test_slow_bfloat16_is_warned_about_with_the_factor(monkeypatch):
    monkeypatch.setattr(precision, "bfloat16_ratio", lambda: 9.8)
    with pytest.warns(RuntimeWarning, match="takes 9.8 times as long"):
        devices.resolve_precision(_settings("--precision=mixed_bfloat16"), None)
