"""`--probe=ensemble`: the snapshots of a run, alone and together."""

from __future__ import annotations

import json

import numpy as np
import tensorflow as tf

from seal_tf.commands.probing.asked import Asked
from seal_tf.probes import ensemble, intervals


def run(asked: Asked) -> dict:
    """Measures `export_ensemble/` of every work directory."""
    networks = []
    for subject in asked.subjects:
        folder = _folder(subject)
        card = json.loads((folder / "card.json").read_text())
        model = tf.saved_model.load(str(folder))
        _, test = asked.data(tuple(card["input"]["shape"]), folder)
        if list(test.class_names) != card.get("classes"):
            raise ValueError(
                f"{folder}: trained on {len(card.get('classes', []))} other "
                f"classes than the {len(test.class_names)} of {test.name}; an "
                "ensemble is measured on its own."
            )
        outputs = _outputs(
            model,
            test.pixels,
            asked.flags.batch_size,
            asked.progress(f"{subject.name}: {test.name}"),
        )
        found = ensemble.accuracies(outputs, test.labels)
        right = round(found["last"][-1] * len(test))
        results = {
            **found,
            "snapshots": len(outputs),
            "interval": intervals.of_accuracy(right, len(test)),
            "correlations": ensemble.correlations(outputs),
        }
        print(
            f"{subject.name}: ensemble of {len(outputs)} snapshots "
            f"{found['last'][-1]:.2%}; the last alone "
            f"{found['members'][-1]:.2%}"
        )
        networks.append({**asked.about(subject), "results": results})
    return {
        "protocol": "mean of the softmax outputs of the last m snapshots",
        "networks": networks,
    }


def _folder(subject):
    folders = [subject.given]
    if subject.workdir is not None:
        folders.append(subject.workdir / "export_ensemble")
    for folder in folders:
        card = folder / "card.json"
        if card.exists() and "members" in json.loads(card.read_text()):
            return folder
    raise ValueError(
        f"{subject.given}: no ensemble there (no export_ensemble/); train "
        "with --method=…+snapshots."
    )


def _outputs(model, pixels, batch_size, progress):
    """Softmax outputs: float32 [members, images, classes]."""
    found = []
    for start in range(0, len(pixels), batch_size):
        batch = pixels[start : start + batch_size]
        found.append(model.serve(batch)["members"].numpy())
        progress(start + len(batch), len(pixels))
    return np.concatenate(found, axis=1)
