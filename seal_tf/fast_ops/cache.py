"""Keep what was measured on this machine for the next run."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from pathlib import Path
from typing import Any

import keras
import platformdirs
import tensorflow as tf

from seal_tf.fast_ops.choices import Choices
from seal_tf.utils.files import write_json
from seal_tf.utils.processor import (
    processor_model,
    processor_name,
    usable_cores,
)

#: Increase it when an algorithm changes.
VERSION = 1
#: Environment variables that change how TensorFlow computes.
ENVIRONMENT = (
    "ONEDNN_MAX_CPU_ISA",
    "OMP_NUM_THREADS",
    "TF_ENABLE_ONEDNN_OPTS",
    "TF_NUM_INTEROP_THREADS",
    "TF_NUM_INTRAOP_THREADS",
)


def machine() -> dict[str, Any]:
    """Describe what a measurement depends on: machine, threads, versions."""
    threading = tf.config.threading
    return {
        "processor": [processor_name(), processor_model()],
        **_gpus(),
        "cores": usable_cores(),
        "threads": [
            threading.get_intra_op_parallelism_threads(),
            threading.get_inter_op_parallelism_threads(),
        ],
        "environment": {
            name: os.environ[name] for name in ENVIRONMENT if name in os.environ
        },
        "versions": [
            VERSION,
            platform.python_version(),
            tf.__version__,
            keras.__version__,
        ],
    }


def _gpus() -> dict[str, list[str]]:
    """The models of the visible GPUs; no entry without one."""
    details = tf.config.experimental.get_device_details
    devices = tf.config.get_visible_devices("GPU")
    names = [details(d).get("device_name", d.name) for d in devices]
    return {"gpus": names} if names else {}


def cache_folder() -> Path:
    """Return the folder of the measurements.

    It is `seal_tf/fast_ops` in the user's cache folder (on Linux
    `$XDG_CACHE_HOME` or `~/.cache`).
    """
    return Path(platformdirs.user_cache_dir("seal_tf", False)) / "fast_ops"


def load_value(name: str) -> Any:
    """Return what was cached under a name on this machine, or None.

    A file that cannot be read counts as absent.

    Args:
        name: The name.
    """
    try:
        return json.loads(_path(name).read_text())["value"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def save_value(name: str, value: Any) -> None:
    """Keep a value for later runs on this machine.

    A folder that cannot be written is no error: the next run measures again.

    Args:
        name: The name.
        value: A JSON value.
    """
    try:
        write_json(_path(name), {"machine": machine(), "value": value})
    except OSError:
        return


def load(model_key: str) -> Choices | None:
    """Return the choices for a model on this machine, or None.

    Args:
        model_key: From `model_key`.
    """
    cached = load_value(model_key)
    try:
        return Choices.from_json(cached["choices"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def save(model_key: str, choices: Choices, measured: dict[str, Any]) -> None:
    """Keep the choices for a model on this machine.

    Args:
        model_key: From `model_key`.
        choices: The choices.
        measured: The seconds that led to them, for the reader of the file.
    """
    value = {"choices": choices.to_json(), "measured": measured}
    save_value(model_key, value)


def model_key(model: keras.Model, inputs: Any, images: int) -> str:
    """Return a key of the layers of a model and of its inputs.

    Args:
        model: The model, built.
        inputs: `tf.TensorSpec`s of the inputs.
        images: Images of a batch whose size is unknown.
    """
    layers = [
        [
            type(layer).__name__,
            [list(v.shape) for v in layer.weights],
            getattr(layer, "strides", None),
            getattr(layer, "padding", None),
            layer.compute_dtype,
        ]
        for layer in model._flatten_layers(include_self=False)
        if not list(layer._flatten_layers(include_self=False))
    ]
    specs = [
        [spec.shape.as_list(), spec.dtype.name]
        for spec in tf.nest.flatten(inputs)
    ]
    return _digest([layers, specs, images])


def _path(name: str) -> Path:
    return cache_folder() / f"{_digest(machine())}-{name}.json"


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
