"""n-way k-shot episodes: what a network makes of a handful of images."""

from __future__ import annotations

import dataclasses

import numpy as np

from seal_tf.probes import intervals


@dataclasses.dataclass(frozen=True)
class Setting:
    """One kind of episode.

    Args:
        ways: Classes of an episode; None: all of the data set's.
        shots: Support images of each class, from the training part.
        queries: Query images of each class, from the test part; None: all.
        episodes: How many are drawn.
        seed: Of the draws: episode i is a function of (seed, i) and the
            labels, so every network sees the same ones.
    """

    ways: int | None
    shots: int
    queries: int | None
    episodes: int
    seed: int = 0

    @property
    def name(self) -> str:
        return f"{self.ways or 'all'}-way {self.shots}-shot"


def fitted(setting: Setting, labels, truth) -> Setting | str:
    """The setting as these data allow it, or why they do not.

    Classes with fewer test images than queries are asked fewer, all alike.

    Args:
        setting: What is wanted.
        labels: int [training examples].
        truth: int [test examples].
    """
    support, query = (
        np.bincount(x, minlength=labels.max() + 1) for x in (labels, truth)
    )
    if setting.shots > support.min():
        return (
            f"{setting.name} left out: a class has only {support.min()} "
            "training images"
        )
    if setting.ways and setting.ways > len(support):
        return f"{setting.name} left out: there are only {len(support)} classes"
    if query.min() < 1:
        return f"{setting.name} left out: a class has no test image"
    if setting.queries and setting.queries > query.min():
        return dataclasses.replace(setting, queries=int(query.min()))
    return setting


def episode(setting: Setting, index: int, of_class, asked_of):
    """Draws one episode.

    Args:
        setting: The `Setting`.
        index: Which episode, from 0.
        of_class: For each class, indices of its training examples.
        asked_of: For each class, indices of its test examples.

    Returns:
        (support [ways, shots], queries: for each way an array), indices.
    """
    rng = np.random.default_rng([setting.seed, index])
    classes = np.arange(len(of_class))
    if setting.ways:
        classes = rng.choice(len(of_class), setting.ways, replace=False)
    support = np.stack(
        [rng.choice(of_class[c], setting.shots, replace=False) for c in classes]
    )
    queries = [
        asked_of[c]
        if setting.queries is None
        else rng.choice(asked_of[c], setting.queries, replace=False)
        for c in classes
    ]
    return support, queries


def protocol(classifier: str, strength: float, seed: int) -> str:
    """The protocol in a sentence."""
    how = {
        "ridge": "ridge regression of one-hot targets in closed form, "
        f"intercept free, penalty {strength:g}",
        "logistic": f"scikit-learn LogisticRegression, C = {strength:g}",
    }
    return (
        "features standardised by mean and deviation of the training part, "
        "then of length one; support from the training part, queries from "
        f"the test part; {how[classifier]}; episodes drawn from (seed "
        f"{seed}, episode)"
    )


def few_shot(
    training,
    labels,
    test,
    truth,
    setting: Setting,
    *,
    classifier="ridge",
    strength=1.0,
    progress=lambda done, total: None,
) -> dict:
    """Accuracy over episodes.

    Features are standardised by mean and deviation of the whole training
    part, then made of length one; each episode is classified on its own. See
    `protocol`.

    Args:
        training: [examples, features].
        labels: int [examples].
        test: [test examples, features].
        truth: int [test examples].
        setting: A `Setting` that `fitted` gave.
        classifier: "ridge" or "logistic".
        strength: Ridge's penalty, or logistic regression's C.
        progress: Called with episodes done and in all.

    Returns:
        "mean" accuracy, "half_interval" (95 %, t, over episodes; None for a
        single one), "deviation" and "episodes".
    """
    training, test = _prepared(training, test)
    count = int(labels.max()) + 1
    of_class, asked_of = (
        [np.flatnonzero(x == c) for c in range(count)] for x in (labels, truth)
    )
    solve = {"ridge": _ridge, "logistic": _logistic}[classifier]
    accuracies = []
    for index in range(setting.episodes):
        support, queries = episode(setting, index, of_class, asked_of)
        way = np.repeat(np.arange(len(support)), setting.shots)
        sizes = [len(q) for q in queries]
        asked = test[np.concatenate(queries)]
        said = solve(training[support.ravel()], way, asked, strength)
        wanted = np.repeat(np.arange(len(support)), sizes)
        accuracies.append(float((said == wanted).mean()))
        progress(index + 1, setting.episodes)
    return {
        "mean": float(np.mean(accuracies)),
        "half_interval": intervals.half_of_mean(accuracies),
        "deviation": float(np.std(accuracies, ddof=1))
        if len(accuracies) > 1
        else None,
        "episodes": len(accuracies),
    }


def _prepared(training, test):
    training = np.asarray(training, np.float32)
    mean, deviation = training.mean(0), training.std(0)
    deviation[deviation == 0] = 1
    prepared = []
    for x in (training, np.asarray(test, np.float32)):
        x = (x - mean) / deviation
        length = np.linalg.norm(x, axis=1, keepdims=True)
        prepared.append(x / np.where(length == 0, 1, length))
    return prepared


def _ridge(support, way, asked, penalty):
    """min |XW + b - Y|^2 + penalty |W|^2, b free; in its dual form."""
    targets = np.eye(way.max() + 1)[way]
    middle, mean = support.mean(0), targets.mean(0)
    x = (support - middle).astype(np.float64)
    gram = x @ x.T + penalty * np.eye(len(x))
    weights = x.T @ np.linalg.solve(gram, targets - mean)
    return ((asked - middle) @ weights + mean).argmax(1)


def _logistic(support, way, asked, strength):
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=strength, max_iter=1000)
    return model.fit(support, way).predict(asked)
