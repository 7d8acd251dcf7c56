"""Write SavedModels of a run, in another process if need be.

TensorFlow writes SavedModels. A run on another backend passes its `.keras`
files to a process of Keras on TensorFlow.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras

from seal_tf.cli.export import saved_model_task


def write_saved_model(
    files: Sequence[Path],
    out: Path,
    settings: Mapping[str, Any],
    members: Sequence[keras.Model],
) -> None:
    """Write the SavedModel of a network, or of an ensemble of networks.

    Without TensorFlow, print how to write it later.

    Args:
        files: Files of the networks.
        out: Folder of the SavedModel.
        settings: JSON values; see `saved_model_task.run`.
        members: The networks in memory, in the order of the files.

    Raises:
        ValueError: If the other process fails.
    """
    if keras.config.backend() == "tensorflow":
        saved_model_task.run(members, out, settings)
        return
    if importlib.util.find_spec("tensorflow") is None:
        remedy = (
            "Where it is installed, python -m seal_tf.export "
            f"--model={files[0]} --out={out} writes it"
            if len(files) == 1
            else "The command that trained the run writes it, where it is "
            "installed"
        )
        print(f"no {out}: SavedModels require TensorFlow. {remedy}")
        return
    task = {"files": list(map(str, files)), "out": str(out), **settings}
    process = subprocess.run(
        [sys.executable, "-m", saved_model_task.__name__],
        input=json.dumps(task),
        env={**os.environ, "KERAS_BACKEND": "tensorflow"},
        capture_output=True,
        text=True,
        check=False,
    )
    if process.returncode:
        message = f"exit code {process.returncode}"
        lines = process.stderr.strip().splitlines() or [message]
        raise ValueError(f"{out}: TensorFlow could not write it: {lines[-1]}")
