"""Evaluate, interpolate and export ensembles of snapshots."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from seal_tf.models.batch_norm_statistics import (
    update_batch_norm_statistics,
)
from seal_tf.probes.output_kinds import EXCLUSIVE_CLASSES


def softmax_outputs(
    members: Sequence[keras.Model], batches: Any, kind: str | None = None
) -> np.ndarray:
    """Compute the softmax outputs of every member on the same images.

    Args:
        members: Models that output logits, or all of them a softmax.
        batches: Data set of (images, …) in a fixed order.
        kind: "softmax" or "logits", which all members output. None determines
            it, with TensorFlow.

    Returns:
        float32 [members, images, classes].

    Raises:
        ValueError: The members do not all have the same kind of output, or
            classify no exclusive classes.
    """
    kind = kind or _common_kind(members, next(iter(batches))[0])
    return np.stack(
        [
            ops.convert_to_numpy(
                _class_probabilities(
                    ops.convert_to_tensor(member.predict(batches, verbose=0)),
                    kind,
                )
            )
            for member in members
        ]
    )


def _common_kind(members: Sequence[keras.Model], inputs: Any) -> str:
    """Return "softmax" or "logits", which all members output."""
    # This module needs TensorFlow.
    from seal_tf.probes.outputs import describe_outputs

    kinds = {
        describe_outputs(member, inputs, has_classes=True).kind
        for member in members
    }
    kind, *others = sorted(map(str, kinds))
    if others or kind not in EXCLUSIVE_CLASSES:
        names = ", ".join([kind, *others])
        raise ValueError(
            "Argument `members` must be models that all output a softmax, or "
            f"all logits. Received: models that output {names}."
        )
    return kind


def _class_probabilities(outputs: Any, kind: str) -> Any:
    outputs = ops.cast(outputs, "float32")
    return outputs if kind == "softmax" else ops.softmax(outputs)


def ensemble_accuracies(
    outputs: np.ndarray, labels: np.ndarray
) -> dict[str, list[float]]:
    """Compute the top-1 accuracy of each member and of the ensembles.

    The ensemble of the last m snapshots is the mean of their softmax outputs
    (Huang et al., ICLR 2017, section 3).

    Args:
        outputs: [members, images, classes], oldest member first.
        labels: int [images].

    Returns:
        "members": the accuracy of each member, oldest first; "last": the
        accuracy of the ensemble of the last m members, for m = 1 … M.
    """
    labels = np.asarray(labels)

    def top1(probabilities: np.ndarray) -> float:
        return float((probabilities.argmax(-1) == labels).mean())

    count = len(outputs)
    return {
        "members": [top1(output) for output in outputs],
        "last": [top1(outputs[-m:].mean(0)) for m in range(1, count + 1)],
    }


def output_correlations(outputs: np.ndarray) -> list[list[float]]:
    """Compute the pairwise correlation of the members' softmax outputs.

    Args:
        outputs: [members, images, classes].

    Returns:
        A symmetric matrix with ones on its diagonal.
    """
    flat = outputs.reshape(len(outputs), -1)
    return np.atleast_2d(np.corrcoef(flat)).tolist()


def interpolate(
    first: keras.Model,
    last: keras.Model,
    training: Any,
    validation: Any,
    points: int = 11,
    kind: str | None = None,
) -> list[dict[str, float]]:
    """Evaluate networks on the line between two snapshots.

    The weights are (1 - a) * first + a * last. The statistics of batch
    normalization are computed again at every point, because an average of
    statistics is not the statistics of the averaged network.

    Args:
        first: The model at a = 0. The function does not change it.
        last: The model at a = 1. The function does not change it.
        training: Batches of (images, …) for the statistics.
        validation: Batches of (images, one-hot labels).
        points: Number of points, both ends included.
        kind: "softmax" or "logits", which the models output. None determines
            it, with TensorFlow.

    Returns:
        A dict with "a", "loss" and "accuracy" for each point.
    """
    model = keras.models.clone_model(last)
    kind = kind or _common_kind([last], next(iter(validation))[0])
    model.compile(
        loss=keras.losses.CategoricalCrossentropy(from_logits=kind == "logits"),
        metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
    )
    results = []
    for a in np.linspace(0, 1, points):
        model.set_weights(
            [
                (1 - a) * x + a * y
                for x, y in zip(
                    first.get_weights(), last.get_weights(), strict=True
                )
            ]
        )
        update_batch_norm_statistics(model, training)
        metrics = model.evaluate(validation, verbose=0, return_dict=True)
        results.append({"a": float(a), **metrics})
    return results


def export_ensemble(
    members: Sequence[keras.Model],
    path: str | Path,
    *,
    normalize: Callable[[Any], Any],
    card: Mapping[str, Any] | None = None,
) -> Path:
    """Write all members as one SavedModel.

    Its endpoint `serve` maps uint8 images to `probabilities`, the mean of
    the members' softmax outputs; `logits`, its logarithm; and `members`, the
    softmax outputs of each member, [members, images, classes].

    Args:
        members: Models that output logits, or all of them a softmax.
        path: The folder. The function writes a temporary folder and renames
            it.
        normalize: Function of uint8 images to what the members expect.
        card: Entries of `card.json` besides input and versions.

    Returns:
        The folder.

    Raises:
        ValueError: The members do not all have the same kind of output, or
            classify no exclusive classes.
    """
    from seal_tf.probes.export import write_saved_model
    from seal_tf.probes.outputs import log, sample_images

    shape = members[0].input_shape[1:]
    kind = _common_kind(members, normalize(sample_images(shape)))

    def serve(images: Any) -> dict[str, Any]:
        inputs = normalize(images)
        outputs = ops.stack(
            [
                _class_probabilities(member(inputs, training=False), kind)
                for member in members
            ]
        )
        mean = ops.mean(outputs, axis=0)
        return {
            "probabilities": mean,
            "logits": log(mean),
            "members": outputs,
        }

    return write_saved_model(
        path,
        members,
        shape,
        {"serve": serve},
        {"members": len(members), "output_kind": "softmax", **(card or {})},
    )
