"""Linear probe: how much of a data set's classes one tap shows."""

from __future__ import annotations

import warnings

import numpy as np

from seal_tf.probes import intervals

STRENGTHS = tuple(10.0**e for e in range(-5, 3))
PROTOCOL = (
    "features standardised by mean and deviation of the training part; "
    "scikit-learn LogisticRegression (L-BFGS, at most {iterations} "
    "iterations, L2); C chosen among {strengths}, upwards and until accuracy "
    "has fallen twice, by accuracy on a held-out tenth of the training part, "
    "drawn by class (the least of equal ones), then refitted on all of it"
)
ITERATIONS = 1000


def protocol() -> str:
    """The protocol in a sentence."""
    return PROTOCOL.format(
        iterations=ITERATIONS,
        strengths=", ".join(f"{c:g}" for c in STRENGTHS),
    )


def linear_probe(training, labels, test, truth, *, seed=0, fits=None) -> dict:
    """Fits on the training part, chooses there, reports on the test part.

    Args:
        training: [examples, features].
        labels: int [examples], 0 … classes - 1, each class at least twice.
        test: [test examples, features].
        truth: int [test examples].
        seed: Of the held-out tenth.
        fits: Fits on all of the training part by strength, kept between
            seeds that choose the same one; None: nothing is kept.

    Returns:
        "top1" with its 95 % "interval" over test examples (Wilson), "top5",
        "per_class" (mean per-class accuracy), "strength" (C), "converged",
        and "right", bool [test examples].

    Raises:
        ValueError: a class has fewer than two training examples.
    """
    from sklearn.model_selection import train_test_split

    training, test = (np.asarray(x, np.float32) for x in (training, test))
    labels, truth = np.asarray(labels), np.asarray(truth)
    classes = int(labels.max()) + 1
    if np.bincount(labels, minlength=classes).min() < 2:
        raise ValueError(
            "a linear probe needs at least 2 training images of each class: "
            "one may be held out."
        )
    mean, deviation = training.mean(0), training.std(0)
    deviation[deviation == 0] = 1
    training, test = (training - mean) / deviation, (test - mean) / deviation
    rows = np.arange(len(labels))
    held_out = max(classes, len(labels) // 10)
    inner, outer = train_test_split(
        rows, test_size=held_out, random_state=seed, stratify=labels
    )
    strength = _chosen(
        training[inner], labels[inner], training[outer], labels[outer]
    )
    fits = {} if fits is None else fits
    if strength not in fits:
        model = _regression(strength)
        fits[strength] = (model, _fit(model, training, labels))
    model, converged = fits[strength]
    scores = model.decision_function(test)
    if scores.ndim == 1:
        scores = np.stack([-scores, scores], 1)
    right = scores.argmax(1) == truth
    top5 = np.argsort(-scores, 1, kind="stable")[:, :5]
    return {
        "top1": float(right.mean()),
        "interval": intervals.of_accuracy(int(right.sum()), len(right)),
        "top5": float((top5 == truth[:, None]).any(1).mean()),
        "per_class": float(
            np.mean([right[truth == c].mean() for c in np.unique(truth)])
        ),
        "strength": strength,
        "converged": converged,
        "right": right,
    }


def _chosen(x, y, held_x, held_y) -> float:
    """The strength that is best on what was held out."""
    best, falls = (-1.0, STRENGTHS[0]), 0
    model = _regression(STRENGTHS[0])
    # Each fit begins where a stronger penalty ended: weak ones are slow.
    model.warm_start = True
    for strength in STRENGTHS:
        model.C = strength
        _fit(model, x, y)
        score = model.score(held_x, held_y)
        falls = falls + 1 if score < best[0] else 0
        if falls == 2:
            break
        if score > best[0]:
            best = (score, strength)
    return best[1]


def _regression(strength):
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=strength, max_iter=ITERATIONS)


def _fit(model, x, y) -> bool:
    """Fits; whether it converged."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(x, y)
    return bool((model.n_iter_ < ITERATIONS).all())
