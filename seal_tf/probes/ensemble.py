"""Ensembles of snapshots: what they give, how diverse they are, one export."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from seal_tf.probes.export import write_archive


def softmax_outputs(members, batches) -> np.ndarray:
    """Softmax outputs of every member on the same images.

    Args:
        members: Models that give logits.
        batches: A data set of (images, …), in a fixed order.

    Returns:
        float32 [members, images, classes].
    """
    images = batches.map(lambda *batch: batch[0])
    return np.stack(
        [
            tf.nn.softmax(
                tf.cast(member.predict(images, verbose=0), tf.float32)
            ).numpy()
            for member in members
        ]
    )


def accuracies(outputs, labels) -> dict[str, list[float]]:
    """Top-1 of each member alone and of the ensembles of the last m.

    The ensemble is the mean of the softmax outputs of the last m snapshots
    (Huang et al., ICLR 2017, section 3).

    Args:
        outputs: [members, images, classes], oldest member first.
        labels: int [images].

    Returns:
        "members": one number each, oldest first; "last": the ensemble of
        the last m, for m = 1 … M.
    """
    labels = np.asarray(labels)

    def top1(probabilities):
        return float((probabilities.argmax(-1) == labels).mean())

    count = len(outputs)
    return {
        "members": [top1(o) for o in outputs],
        "last": [top1(outputs[-m:].mean(0)) for m in range(1, count + 1)],
    }


def correlations(outputs) -> list[list[float]]:
    """Pairwise correlation of the members' softmax outputs.

    Args:
        outputs: [members, images, classes].

    Returns:
        A symmetric matrix with ones on its diagonal.
    """
    flat = outputs.reshape(len(outputs), -1)
    return np.atleast_2d(np.corrcoef(flat)).tolist()


def interpolation(first, last, training, validation, points=11):
    """Loss and accuracy on the way from one snapshot to another.

    Weights are (1 - a) * first + a * last; BatchNormalization's statistics
    are computed anew at every point, since a mean of statistics is not the
    statistics of a mean.

    Args:
        first: The model to start from; it is not changed.
        last: The model to end at; it is not changed.
        training: Batches of (images, …) for those statistics.
        validation: Batches of (images, one-hot labels).
        points: Points, both ends included.

    Returns:
        A list of {"a", "loss", "accuracy"}.
    """
    model = keras.models.clone_model(last)
    model.compile(
        loss=keras.losses.CategoricalCrossentropy(from_logits=True),
        metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
    )
    found = []
    for a in np.linspace(0, 1, points):
        model.set_weights(
            [
                (1 - a) * x + a * y
                for x, y in zip(
                    first.get_weights(), last.get_weights(), strict=True
                )
            ]
        )
        refresh_statistics(model, training)
        result = model.evaluate(validation, verbose=0, return_dict=True)
        found.append({"a": float(a), **result})
    return found


def refresh_statistics(model, batches) -> None:
    """Sets BatchNormalization's statistics to the mean over some batches."""
    norms = [
        layer
        for layer in model._flatten_layers()
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    momenta = [norm.momentum for norm in norms]
    try:
        for seen, batch in enumerate(batches):
            for norm in norms:
                # A running mean: batch k of 1 … counts one k-th.
                norm.momentum = seen / (seen + 1)
            model(batch[0], training=True)
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum


def export_ensemble(members, path, *, normalise, card=None) -> Path:
    """Writes all members as one SavedModel.

    Its endpoint `serve` takes uint8 images and gives `probabilities`, the
    mean of the members' softmax outputs; `logits`, its logarithm; and
    `members`, each one's own, [members, images, classes].

    Args:
        members: Models that give logits.
        path: The folder; written beside and renamed.
        normalise: Function from uint8 images to what the members take.
        card: What `card.json` says besides input and versions.
    """

    def serve(images):
        prepared = normalise(images)
        outputs = tf.stack(
            [
                tf.nn.softmax(tf.cast(m(prepared, training=False), tf.float32))
                for m in members
            ]
        )
        mean = tf.reduce_mean(outputs, axis=0)
        return {
            "probabilities": mean,
            "logits": tf.math.log(mean),
            "members": outputs,
        }

    return write_archive(
        path,
        members,
        members[0].input_shape[1:],
        {"serve": serve},
        {"members": len(members), **(card or {})},
    )
