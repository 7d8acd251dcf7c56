"""Compute prediction depths from k-NN probes at every tap.

Source: Baldock et al., NeurIPS 2021. Depths run from 1, the first tap, to T.
Depth T + 1 means that no suffix of the probes predicts the target.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from seal_tf.probes.labeled_features import LabeledFeatures
from seal_tf.probes.neighbors import (
    NeighborSearch,
    count_votes,
    nearest_neighbors,
)
from seal_tf.utils.progress import ProgressCallback, ignore_progress

#: Bins of the expected calibration error.
CALIBRATION_BINS = 15


def neighbor_votes(
    training: LabeledFeatures,
    queries: np.ndarray,
    classes: int,
    search: NeighborSearch,
    progress: ProgressCallback = ignore_progress,
) -> np.ndarray:
    """Count the classes of each query's k neighbors at one tap.

    Args:
        training: Features and labels of the training part.
        queries: [queries, features].
        classes: Number of classes.
        search: Settings of the search (k = 30 in the paper); `ordered` has
            no effect.
        progress: See `neighbors.nearest_neighbors`.

    Returns:
        int [queries, classes].
    """
    neighbors = nearest_neighbors(
        training.features,
        queries,
        dataclasses.replace(search, ordered=False),
        progress,
    )
    return count_votes(neighbors, training.labels, classes)


def prediction_depths(
    predictions: np.ndarray, target: np.ndarray
) -> np.ndarray:
    """Return the first tap from which every probe predicts the target.

    Args:
        predictions: int [taps, examples], predictions of the probes.
        target: int [examples]: the network's own prediction (*agreement*,
            Baldock et al.) or the true class (*correctness*, SEAL's talk).

    Returns:
        int [examples], 1 … taps, or taps + 1 if no such tap exists.
    """
    wrong = (predictions != target)[::-1]
    correct_at_end = np.where(wrong.any(0), wrong.argmax(0), len(predictions))
    return len(predictions) - correct_at_end + 1


def summarize_depths(
    depth: np.ndarray,
    taps: int,
    labels: np.ndarray,
    classes: int,
    seed: int = 0,
) -> dict[str, Any]:
    """Summarize the depths of a split.

    Args:
        depth: int [examples], from `prediction_depths`.
        taps: Number of taps.
        labels: int [examples].
        classes: Number of classes.
        seed: Seed of the bootstrap.

    Returns:
        "mean" (examples without a depth count as taps + 1) with "interval"
        (95 %, bootstrap over examples, 2,000 resamples), "none_fraction"
        (fraction of examples without a depth), "histogram" (examples at
        depth 1 … taps and without a depth), "by_class" (mean depths).
    """
    counts = np.bincount(depth, minlength=taps + 2)[1:]
    return {
        "mean": float(depth.mean()),
        "interval": _bootstrap_interval(counts, seed),
        "none_fraction": float(counts[-1] / len(depth)),
        "histogram": counts.tolist(),
        "by_class": [
            float(depth[labels == c].mean()) if (labels == c).any() else None
            for c in range(classes)
        ],
    }


def _bootstrap_interval(
    counts: np.ndarray, seed: int, resamples: int = 2000
) -> list[float]:
    """Return the 95 % interval of the mean depth.

    Sampling examples with replacement is a multinomial draw of the
    histogram.
    """
    draws = np.random.default_rng(seed).multinomial(
        counts.sum(), counts / counts.sum(), size=resamples
    )
    means = draws @ np.arange(1, len(counts) + 1) / counts.sum()
    return np.percentile(means, [2.5, 97.5]).tolist()


def metrics_by_depth(
    depth: np.ndarray,
    taps: int,
    probabilities: np.ndarray,
    labels: np.ndarray,
) -> list[dict[str, Any]]:
    """Compute the network's metrics on the examples of each depth.

    Args:
        depth: int [examples].
        taps: Number of taps.
        probabilities: [examples, classes], outputs of the network.
        labels: int [examples].

    Returns:
        For each depth that occurs (taps + 1: no depth): "depth", "examples",
        "accuracy" of the network, mean "confidence" (largest probability),
        mean negative log-likelihood "nll" in nats, "calibration_error".
    """
    rows = np.arange(len(labels))
    correct = probabilities.argmax(1) == labels
    confidence = probabilities.max(1)
    likelihood = np.maximum(probabilities[rows, labels], np.finfo("f4").tiny)
    metrics = []
    for d in range(1, taps + 2):
        selected = depth == d
        if selected.any():
            metrics.append(
                {
                    "depth": d,
                    "examples": int(selected.sum()),
                    "accuracy": float(correct[selected].mean()),
                    "confidence": float(confidence[selected].mean()),
                    "nll": float(-np.log(likelihood[selected]).mean()),
                    "calibration_error": calibration_error(
                        confidence[selected], correct[selected]
                    ),
                }
            )
    return metrics


def calibration_error(
    confidence: np.ndarray, correct: np.ndarray, bins: int = CALIBRATION_BINS
) -> float:
    """Return the expected calibration error over equally wide bins.

    Source: Guo et al., ICML 2017, equation 3.

    Args:
        confidence: [examples], in [0, 1].
        correct: bool [examples].
        bins: Number of bins.
    """
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    gap = np.bincount(which, correct - confidence, minlength=bins)
    return float(np.abs(gap).sum() / len(confidence))


def learning_epochs_by_depth(
    depth: np.ndarray, taps: int, epoch_of: np.ndarray, epochs: int
) -> list[dict[str, Any]]:
    """Summarize when the network learned the examples of each depth.

    Args:
        depth: int [examples].
        taps: Number of taps.
        epoch_of: int [examples], the epoch from 0 at which the network
            learned an example; `epochs` if it never did.
        epochs: Number of epochs of the run.

    Returns:
        For each depth that occurs: "depth", "examples", "never_fraction",
        and the "median" and "mean" epoch of the learned examples.
    """
    rows = []
    for d in range(1, taps + 2):
        selected = epoch_of[depth == d]
        if len(selected):
            learned = selected[selected < epochs]
            rows.append(
                {
                    "depth": d,
                    "examples": len(selected),
                    "never_fraction": float((selected == epochs).mean()),
                    "median": float(np.median(learned))
                    if len(learned)
                    else None,
                    "mean": float(learned.mean()) if len(learned) else None,
                }
            )
    return rows


def sort_by_difficulty(
    depth: np.ndarray, target_votes: np.ndarray
) -> np.ndarray:
    """Return indices of examples, the easiest first.

    Examples of one depth are sorted by the number of neighbors, over all
    taps, that vote for the target.

    Args:
        depth: int [examples].
        target_votes: [examples]; more votes are easier.
    """
    return np.lexsort((-np.asarray(target_votes), depth))
