"""Prediction depth: how early in a network an example is decided.

A k-nearest-neighbour probe looks at every tap (Baldock et al., NeurIPS 2021).
Depths count from 1, the first tap, to T; T + 1 stands for "none": no suffix
of the probes is right.
"""

from __future__ import annotations

import numpy as np

from seal_tf.probes.neighbours import nearest, votes

DEFINITIONS = ("agreement", "correctness")
BINS = 15


def probe_votes(training, labels, queries, k, classes, **how) -> np.ndarray:
    """How the k neighbours of each query vote, at one tap.

    Args:
        training: [examples, features].
        labels: int [examples].
        queries: [queries, features].
        k: Neighbours (30 in the paper).
        classes: Number of classes.
        **how: See `neighbours.nearest`.

    Returns:
        int [queries, classes].
    """
    found = nearest(training, queries, k, ordered=False, **how)
    return votes(found, labels, classes)


def depths(said, target) -> np.ndarray:
    """The first tap from which on every probe gives the target.

    Args:
        said: int [taps, examples], what each probe says.
        target: int [examples]: the network's own prediction (*agreement*,
            Baldock) or the true class (*correctness*, SEAL's talk).

    Returns:
        int [examples], 1 … taps, or taps + 1 for none.
    """
    wrong = (said != target)[::-1]
    right_at_the_end = np.where(wrong.any(0), wrong.argmax(0), len(said))
    return len(said) - right_at_the_end + 1


def summary(depth, taps: int, labels, classes: int, seed=0) -> dict:
    """What the depths of a split come to.

    Args:
        depth: int [examples], as `depths` gives it.
        taps: Number of taps.
        labels: int [examples].
        classes: Number of classes.
        seed: Of the bootstrap.

    Returns:
        "mean" with "interval" (95 %, bootstrap over examples, 2,000
        resamples; none counted as taps + 1), "none" (share), "histogram"
        (examples at depth 1 … taps, and none), "by_class" (means).
    """
    counts = np.bincount(depth, minlength=taps + 2)[1:]
    return {
        "mean": float(depth.mean()),
        "interval": _bootstrap(counts, seed),
        "none": float(counts[-1] / len(depth)),
        "histogram": counts.tolist(),
        "by_class": [
            float(depth[labels == c].mean()) if (labels == c).any() else None
            for c in range(classes)
        ],
    }


def _bootstrap(counts, seed, resamples=2000):
    """95 % interval of the mean depth.

    Drawing examples with replacement is a multinomial draw of the histogram.
    """
    draws = np.random.default_rng(seed).multinomial(
        counts.sum(), counts / counts.sum(), size=resamples
    )
    means = draws @ np.arange(1, len(counts) + 1) / counts.sum()
    return np.percentile(means, [2.5, 97.5]).tolist()


def goes_with(depth, taps: int, probabilities, labels) -> list[dict]:
    """What goes with depth: one entry a depth that occurs.

    Args:
        depth: int [examples].
        taps: Number of taps.
        probabilities: [examples, classes], the network's.
        labels: int [examples].

    Returns:
        "depth" (taps + 1: none), "examples", "accuracy" of the network's
        final prediction, mean "confidence" (largest probability), mean
        negative log-likelihood "nll", "calibration_error".
    """
    rows = np.arange(len(labels))
    correct = probabilities.argmax(1) == labels
    confidence = probabilities.max(1)
    likely = np.maximum(probabilities[rows, labels], np.finfo("f4").tiny)
    found = []
    for d in range(1, taps + 2):
        mine = depth == d
        if mine.any():
            found.append(
                {
                    "depth": d,
                    "examples": int(mine.sum()),
                    "accuracy": float(correct[mine].mean()),
                    "confidence": float(confidence[mine].mean()),
                    "nll": float(-np.log(likely[mine]).mean()),
                    "calibration_error": calibration_error(
                        confidence[mine], correct[mine]
                    ),
                }
            )
    return found


def calibration_error(confidence, correct, bins: int = BINS) -> float:
    """Expected calibration error over equally wide bins of confidence.

    Args:
        confidence: [examples], in 0 … 1.
        correct: bool [examples].
        bins: Number of bins.
    """
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    gap = np.bincount(which, correct - confidence, minlength=bins)
    return float(np.abs(gap).sum() / len(confidence))


def learned_by_depth(depth, taps: int, epoch_of, epochs: int) -> list[dict]:
    """When the examples of each depth were learned.

    Args:
        depth: int [examples].
        taps: Number of taps.
        epoch_of: int [examples], `epochs` for never.
        epochs: Epochs of the run.

    Returns:
        "depth", "examples", "never" (share), and the "median" and "mean"
        epoch, counted from 0, of those that were learned.
    """
    found = []
    for d in range(1, taps + 2):
        mine = epoch_of[depth == d]
        if len(mine):
            learned = mine[mine < epochs]
            found.append(
                {
                    "depth": d,
                    "examples": len(mine),
                    "never": float((mine == epochs).mean()),
                    "median": float(np.median(learned))
                    if len(learned)
                    else None,
                    "mean": float(learned.mean()) if len(learned) else None,
                }
            )
    return found


def by_difficulty(depth, votes_of_target) -> np.ndarray:
    """Indices of examples, the easiest first.

    By depth; within one depth, by the share of neighbours, over all taps,
    that vote for the target.

    Args:
        depth: int [examples].
        votes_of_target: [examples], larger is easier.
    """
    return np.lexsort((-np.asarray(votes_of_target), depth))
