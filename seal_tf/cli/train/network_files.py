"""Write a network of a finished run: the Keras file and the export."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras

from seal_tf.checkpoints.inference_model import save_inference_model
from seal_tf.cli.progress import show_activity
from seal_tf.cli.train.fit import TrainingRun
from seal_tf.cli.train.image_settings import flag_word
from seal_tf.cli.train.method_flags import cause_of_no_effect
from seal_tf.cli.train.saved_models import write_saved_model
from seal_tf.cli.train.settings import TrainSettings
from seal_tf.utils.non_semantic_flags import NON_SEMANTIC_FLAGS


def write_network(
    run: TrainingRun,
    model: keras.Model,
    suffix: str,
    weights: str,
    results: Mapping[str, Any],
) -> None:
    """Write `model{suffix}.keras` and `export{suffix}/`.

    Args:
        run: The objects of the run.
        model: The network, with its final weights.
        suffix: End of both names, such as "_averaged".
        weights: Which weights they are, for the card.
        results: Results of the network, for the card.
    """
    settings = run.settings
    file = run.workdir / f"model{suffix}.keras"
    save_inference_model(model, file)
    card = {
        "classes": list(run.train.class_names),
        "model_preprocessing": "torch",
        "weights": weights,
        "method": settings.method,
        "flags": _flags_of_card(run),
        "validation_crc32": run.validation.crc32,
        "training_crc32": run.train.crc32,
        "command": rebuild_command(settings),
        "results": dict(results),
    }
    folder = run.workdir / f"export{suffix}"
    with show_activity(f"exporting to {folder}"):
        write_saved_model(
            [file],
            folder,
            {
                "taps": list(settings.model.taps),
                "pooling": settings.model.tap_pooling,
                "card": card,
            },
            [model],
        )


def _flags_of_card(run: TrainingRun) -> dict[str, Any]:
    """Return the flags of a run, with the L2 that its timescale chose."""
    flags = dict(run.settings.flags)
    report = run.plan.decay_report()
    if report and flags.get("l2_timescale") is not None:
        flags["l2"] = report.decay.coefficient
    return flags


def rebuild_command(settings: TrainSettings) -> list[str]:
    """Return the words of the command that trains the network again.

    It has the flags that differ from their defaults, and those that fit the
    images. Of paths it has the name only. A flag file may set flags that have
    no effect on the method; the command does not accept them.

    Args:
        settings: Settings of the run.
    """
    words = ["python", "-m", "seal_tf.train"]
    flags = settings.flags
    for name, value in flags.items():
        if not _has_effect(name, flags):
            continue
        if name in ("data_dir", "init_from") and value is not None:
            words.append(f"--{name}=…/{shlex.quote(Path(value).name)}")
        elif name not in NON_SEMANTIC_FLAGS and value not in (
            None,
            # An environment variable may have set the default.
            "tensorflow" if name == "backend" else settings.defaults[name],
        ):
            words.append(shlex.quote(flag_word(name, value)))
    return words


def _has_effect(name: str, flags: Mapping[str, Any]) -> bool:
    if name == "l2" and flags.get("l2_timescale") is not None:
        return False
    return cause_of_no_effect(name, flags) is None
