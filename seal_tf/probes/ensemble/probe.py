"""The ensemble probe as a command."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seal_tf.probes.base import Probe
from seal_tf.probes.report_parts import GroupedResult, ReportPart, Subheading
from seal_tf.probes.session import Session
from seal_tf.probes.source import NetworkSource
from seal_tf.utils.progress import ProgressCallback

if TYPE_CHECKING:
    import numpy as np
    import tensorflow as tf


class EnsembleProbe(Probe):
    """Accuracy of the snapshots of a run, alone and together."""

    name = "ensemble"
    title = "Ensembles of snapshots"

    def run(self, session: Session) -> dict[str, Any]:
        """Evaluate `export_ensemble/` of every work directory; see `Probe`."""
        networks = [
            {
                **session.describe(source),
                "results": self._probe(session, source),
            }
            for source in session.networks
        ]
        return {
            "protocol": "mean of the softmax outputs of the last m snapshots",
            "networks": networks,
        }

    def _probe(self, session: Session, source: NetworkSource) -> dict[str, Any]:
        import tensorflow as tf

        from seal_tf.probes.ensemble import compute
        from seal_tf.probes.intervals import accuracy_interval

        folder = _ensemble_folder(source)
        card = json.loads((folder / "card.json").read_text())
        model = tf.saved_model.load(str(folder))
        _, test = session.read_images(tuple(card["input"]["shape"]), folder)
        if list(test.class_names) != card.get("classes"):
            raise ValueError(
                f"{folder}: the ensemble was trained on "
                f"{len(card.get('classes', []))} classes other than the "
                f"{len(test.class_names)} of {test.name}. An ensemble can "
                "only be evaluated on the classes that it was trained on."
            )
        outputs = _member_outputs(
            model.serve,
            test.pixels,
            session.batch_size,
            session.progress(f"{source.name}: {test.name}"),
        )
        accuracies = compute.ensemble_accuracies(outputs, test.labels)
        correct = round(accuracies["last"][-1] * len(test))
        print(
            f"{source.name}: ensemble of {len(outputs)} snapshots "
            f"{accuracies['last'][-1]:.2%}; last snapshot "
            f"{accuracies['members'][-1]:.2%}"
        )
        return {
            **accuracies,
            "snapshots": len(outputs),
            "interval": accuracy_interval(correct, len(test)),
            "correlations": compute.output_correlations(outputs),
        }

    @classmethod
    def report(cls, results: Sequence[GroupedResult]) -> Iterator[ReportPart]:
        """Create the tables of results; see `Probe`."""
        from seal_tf.probes.ensemble.tables import ensemble_table

        for result in results:
            yield Subheading(result.label)
            yield ensemble_table(result)


def _ensemble_folder(source: NetworkSource) -> Path:
    folders = [source.path]
    if source.workdir is not None:
        folders.append(source.workdir / "export_ensemble")
    for folder in folders:
        card = folder / "card.json"
        if card.exists() and "members" in json.loads(card.read_text()):
            return folder
    raise ValueError(
        f"{source.path}: no ensemble found (export_ensemble/ is missing). "
        "Train with a method that saves snapshots, such as normal+snapshots."
    )


def _member_outputs(
    serve: Callable[[np.ndarray], dict[str, tf.Tensor]],
    pixels: np.ndarray,
    batch_size: int,
    progress: ProgressCallback,
) -> np.ndarray:
    """Return the softmax outputs, float32 [members, images, classes]."""
    import numpy as np

    outputs = []
    for start in range(0, len(pixels), batch_size):
        batch = pixels[start : start + batch_size]
        outputs.append(serve(batch)["members"].numpy())
        progress(start + len(batch), len(pixels))
    return np.concatenate(outputs, axis=1)
