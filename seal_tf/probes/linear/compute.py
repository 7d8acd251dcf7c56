"""Fit and evaluate a linear classifier on the features of one tap."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from seal_tf.probes.intervals import accuracy_interval
from seal_tf.probes.labeled_features import LabeledFeatures
from seal_tf.probes.standardize import standardization
from seal_tf.utils.progress import ProgressCallback, ignore_progress
from seal_tf.utils.threads import limit_threads

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression

#: Values of scikit-learn's C, the inverse strength of the L2 penalty.
C_VALUES = tuple(10.0**e for e in range(-5, 3))
MAX_ITERATIONS = 1000
#: Largest number of fits for one seed: one for each C, and the last one.
MAX_FITS = len(C_VALUES) + 1

#: Fitted models and whether they converged, by C.
FitCache = dict[float, "tuple[LogisticRegression, bool]"]


def protocol() -> str:
    """Return the protocol as text."""
    return (
        "features standardized by mean and standard deviation of the training "
        "part; scikit-learn LogisticRegression (L-BFGS, at most "
        f"{MAX_ITERATIONS} iterations, L2); C selected from "
        f"{', '.join(f'{c:g}' for c in C_VALUES)}, in ascending order until "
        "the accuracy has decreased twice, by the accuracy on a stratified "
        "tenth of the training part (the smallest C on a tie), then refitted "
        "on the whole training part"
    )


def linear_probe(
    training: LabeledFeatures,
    test: LabeledFeatures,
    *,
    seed: int = 0,
    fits: FitCache | None = None,
    progress: ProgressCallback = ignore_progress,
) -> dict[str, Any]:
    """Fit and tune on the training part, and evaluate on the test part.

    Args:
        training: Features [examples, features] and labels, at least two of
            each class.
        test: Features [test examples, features] and labels.
        seed: Seed of the held-out tenth.
        fits: Fits on the whole training part by C, which the function reads
            and extends. Several seeds that select the same C share it. None
            shares nothing.
        progress: Called with the number of completed fits and `MAX_FITS`
            after each fit. Fits that are not needed count as completed.

    Returns:
        "top1" with its 95 % "interval" over test examples (Wilson), "top5",
        "mean_per_class" (mean per-class accuracy), "C", "converged", and
        "correct", bool [test examples].

    Raises:
        ValueError: A class has fewer than two training examples.
    """
    # The limit affects only libraries that are loaded.
    import sklearn.linear_model  # noqa: F401

    size = training.features.size * (int(np.max(training.labels)) + 1)
    with limit_threads(size):
        return _fit_and_evaluate(
            training, test, seed, {} if fits is None else fits, progress
        )


def _fit_and_evaluate(
    training: LabeledFeatures,
    test: LabeledFeatures,
    seed: int,
    fits: FitCache,
    progress: ProgressCallback,
) -> dict[str, Any]:
    """Return the results of `linear_probe`."""
    from sklearn.model_selection import train_test_split

    x, test_x = (
        np.asarray(part.features, np.float32) for part in (training, test)
    )
    labels, truth = np.asarray(training.labels), np.asarray(test.labels)
    classes = int(labels.max()) + 1
    if np.bincount(labels, minlength=classes).min() < 2:
        raise ValueError(
            "A linear probe needs at least 2 training images of each class, "
            "because it holds out one of them."
        )
    mean, deviation = standardization(x)
    x, test_x = (x - mean) / deviation, (test_x - mean) / deviation
    rows = np.arange(len(labels))
    held_out = max(classes, len(labels) // 10)
    inner, outer = train_test_split(
        rows, test_size=held_out, random_state=seed, stratify=labels
    )
    c = _select_c(
        LabeledFeatures(x[inner], labels[inner]),
        LabeledFeatures(x[outer], labels[outer]),
        progress,
    )
    if c not in fits:
        model = _create_model(c)
        fits[c] = (model, _fit(model, x, labels))
    progress(MAX_FITS, MAX_FITS)
    model, converged = fits[c]
    scores = model.decision_function(test_x)
    if scores.ndim == 1:
        scores = np.stack([-scores, scores], 1)
    correct = scores.argmax(1) == truth
    top5 = np.argsort(-scores, 1, kind="stable")[:, :5]
    return {
        "top1": float(correct.mean()),
        "interval": accuracy_interval(int(correct.sum()), len(correct)),
        "top5": float((top5 == truth[:, None]).any(1).mean()),
        "mean_per_class": float(
            np.mean([correct[truth == k].mean() for k in np.unique(truth)])
        ),
        "C": c,
        "converged": converged,
        "correct": correct,
    }


def _select_c(
    inner: LabeledFeatures, outer: LabeledFeatures, progress: ProgressCallback
) -> float:
    """Return the C with the best accuracy on the held-out part."""
    best, decreases = (-1.0, C_VALUES[0]), 0
    model = _create_model(C_VALUES[0])
    # A fit with a weak penalty is slow, so each fit starts from the last.
    model.warm_start = True
    for index, c in enumerate(C_VALUES):
        model.C = c
        _fit(model, inner.features, inner.labels)
        progress(index + 1, MAX_FITS)
        score = model.score(outer.features, outer.labels)
        decreases = decreases + 1 if score < best[0] else 0
        if decreases == 2:
            break
        if score > best[0]:
            best = (score, c)
    return best[1]


def _create_model(c: float) -> LogisticRegression:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=c, max_iter=MAX_ITERATIONS)


def _fit(model: LogisticRegression, x: np.ndarray, y: np.ndarray) -> bool:
    """Fit the model; return whether it converged."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(x, y)
    return bool((model.n_iter_ < MAX_ITERATIONS).all())
