"""Write a SavedModel from files, as the only task of a process.

It reads the task as JSON from standard input; see `run` and
`seal_tf.cli.train.saved_models`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seal_tf.cli.startup import start_tensorflow

if TYPE_CHECKING:
    import keras


def run(
    members: Sequence[keras.Model], out: Path, settings: Mapping[str, Any]
) -> None:
    """Write the SavedModel of one network, or of an ensemble.

    Args:
        members: The networks; several are an ensemble.
        out: Folder of the SavedModel.
        settings: "card", entries of `card.json`; and for one network "taps"
            and "pooling", the arguments of `TapSettings`.
    """
    from pipelines.augmentation.normalize import normalize
    from seal_tf.probes.ensemble.compute import export_ensemble
    from seal_tf.probes.export import export_model
    from seal_tf.probes.taps import TapSettings

    card = settings["card"]
    if "taps" not in settings:
        export_ensemble(members, out, normalize=normalize, card=card)
        return
    (model,) = members
    taps = TapSettings(tuple(settings["taps"]), settings["pooling"])
    export_model(model, out, normalize=normalize, taps=taps, card=card)


def main() -> None:
    """Run the task of standard input."""
    task = json.load(sys.stdin)
    start_tensorflow()
    import keras

    members = [
        keras.saving.load_model(file, compile=False) for file in task["files"]
    ]
    run(members, Path(task["out"]), task)


if __name__ == "__main__":
    main()
