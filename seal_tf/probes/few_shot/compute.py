"""Sample and classify n-way k-shot episodes."""

from __future__ import annotations

import dataclasses

import numpy as np

from seal_tf.probes.intervals import mean_margin
from seal_tf.probes.labeled_features import LabeledFeatures
from seal_tf.probes.standardize import standardization
from seal_tf.utils.progress import ProgressCallback, ignore_progress
from seal_tf.utils.threads import limit_threads


@dataclasses.dataclass(frozen=True)
class EpisodeSetting:
    """One kind of episode.

    Args:
        ways: Classes of an episode. None takes all classes.
        shots: Support images of each class, from the training part.
        queries: Query images of each class, from the test part. None takes
            all of them.
        episodes: Number of episodes.
        seed: Seed of the draws. Episode i is a function of (seed, i) and the
            labels, so all networks classify the same episodes.
        classes: Labels of the classes that episodes are sampled from. None
            takes all classes.
    """

    ways: int | None
    shots: int
    queries: int | None
    episodes: int
    seed: int = 0
    classes: tuple[int, ...] | None = None

    @property
    def name(self) -> str:
        """Name in tables, such as "5-way 1-shot"."""
        return f"{self.ways or 'all'}-way {self.shots}-shot"


@dataclasses.dataclass(frozen=True)
class Classifier:
    """The classifier that is fitted in each episode.

    Args:
        name: "ridge" or "logistic".
        strength: Ridge's penalty, or logistic regression's C.
    """

    name: str = "ridge"
    strength: float = 1.0


class SettingNotPossibleError(ValueError):
    """The data set has too few images or classes for a kind of episode."""


def fit_setting(
    setting: EpisodeSetting, labels: np.ndarray, test_labels: np.ndarray
) -> EpisodeSetting:
    """Adapt a kind of episode to a data set.

    Episodes exclude the classes that have fewer training images than `shots`,
    and those without a test image. If one of the other classes has fewer test
    images than `queries`, all classes have as many queries as that class has
    test images. If each episode would have all images, there is one.

    Args:
        setting: The requested setting.
        labels: int [training examples].
        test_labels: int [test examples].

    Returns:
        The setting, possibly with fewer classes, queries or episodes.

    Raises:
        SettingNotPossibleError: Too few classes have enough images.
    """
    support, query = (
        np.bincount(x, minlength=max(labels.max(), test_labels.max()) + 1)
        for x in (labels, test_labels)
    )
    count = len(support)
    if setting.ways and setting.ways > count:
        raise SettingNotPossibleError(
            f"{setting.name} skipped: the data set has only {count} classes"
        )
    classes = np.flatnonzero((support >= setting.shots) & (query >= 1))
    # One class is no classification.
    if len(classes) < (setting.ways or 2):
        raise SettingNotPossibleError(
            f"{setting.name} skipped: only {len(classes)} of {count} classes "
            f"have {setting.shots} training images and a test image"
        )
    if len(classes) < count:
        setting = dataclasses.replace(setting, classes=tuple(classes.tolist()))
    if (
        setting.ways is None
        and setting.queries is None
        and support[classes].max() == setting.shots
    ):
        # All episodes have the same images. Their spread would be zero.
        setting = dataclasses.replace(setting, episodes=1)
    queries = int(query[classes].min())
    if setting.queries and setting.queries > queries:
        return dataclasses.replace(setting, queries=queries)
    return setting


def sample_episode(
    setting: EpisodeSetting,
    index: int,
    training_rows: list[np.ndarray],
    test_rows: list[np.ndarray],
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Sample one episode.

    Args:
        setting: The kind of episode.
        index: Number of the episode, from 0.
        training_rows: For each class, indices of its training examples.
        test_rows: For each class, indices of its test examples.

    Returns:
        (support, queries), indices: support is int [ways, shots], and
        queries has an array for each way.
    """
    rng = np.random.default_rng([setting.seed, index])
    classes = np.arange(len(training_rows))
    if setting.classes is not None:
        classes = np.array(setting.classes)
    if setting.ways:
        classes = classes[rng.choice(len(classes), setting.ways, replace=False)]
    support = np.stack(
        [
            rng.choice(training_rows[c], setting.shots, replace=False)
            for c in classes
        ]
    )
    queries = [
        test_rows[c]
        if setting.queries is None
        else rng.choice(test_rows[c], setting.queries, replace=False)
        for c in classes
    ]
    return support, queries


def protocol(classifier: Classifier, seed: int) -> str:
    """Return the protocol as text.

    Args:
        classifier: The classifier of each episode.
        seed: Seed of the episodes.
    """
    descriptions = {
        "ridge": "ridge regression of one-hot targets in closed form, "
        f"unpenalized intercept, penalty {classifier.strength:g}",
        "logistic": "scikit-learn LogisticRegression, C = "
        f"{classifier.strength:g}",
    }
    return (
        "features standardized by mean and standard deviation of the training "
        "part, then scaled to unit length; support from the training part, "
        f"queries from the test part; {descriptions[classifier.name]}; "
        f"episodes sampled from (seed {seed}, episode), the same for all "
        "networks; classes with fewer training images than shots are excluded"
    )


def episode_accuracies(
    training: LabeledFeatures,
    test: LabeledFeatures,
    setting: EpisodeSetting,
    classifier: Classifier | None = None,
    progress: ProgressCallback = ignore_progress,
) -> np.ndarray:
    """Compute the accuracy of each episode.

    The features are standardized by mean and standard deviation of the whole
    training part and scaled to unit length. Each episode fits its own
    classifier.

    Args:
        training: Features [examples, features] and labels.
        test: Features [test examples, features] and labels.
        setting: The kind of episode, from `fit_setting`.
        classifier: The classifier. None takes the default `Classifier`.
        progress: Called with the number of completed episodes and of all
            episodes.

    Returns:
        float64 [episodes].
    """
    # The limit affects only libraries that are loaded.
    import sklearn.linear_model  # noqa: F401

    classifier = classifier or Classifier()
    x, test_x = _normalize_features(training.features, test.features)
    count = int(training.labels.max()) + 1
    training_rows, test_rows = (
        [np.flatnonzero(part.labels == c) for c in range(count)]
        for part in (training, test)
    )
    predict = {"ridge": predict_ridge, "logistic": _predict_logistic}[
        classifier.name
    ]
    ways = setting.ways or len(setting.classes or training_rows)
    accuracies = []
    # The largest product is that of the support images with each other.
    with limit_threads((ways * setting.shots) ** 2 * x.shape[1]):
        for index in range(setting.episodes):
            support, queries = sample_episode(
                setting, index, training_rows, test_rows
            )
            targets = np.arange(len(support))
            predictions = predict(
                x[support.ravel()],
                np.repeat(targets, setting.shots),
                test_x[np.concatenate(queries)],
                classifier.strength,
            )
            truth = np.repeat(targets, [len(rows) for rows in queries])
            accuracies.append(float((predictions == truth).mean()))
            progress(index + 1, setting.episodes)
    return np.array(accuracies)


def few_shot_accuracy(
    training: LabeledFeatures,
    test: LabeledFeatures,
    setting: EpisodeSetting,
    classifier: Classifier | None = None,
    progress: ProgressCallback = ignore_progress,
) -> dict[str, float | int | None]:
    """Compute the accuracy over episodes.

    Args:
        training: See `episode_accuracies`, as for all arguments.
        test: Features and labels of the test part.
        setting: The kind of episode.
        classifier: The classifier.
        progress: Called after each episode.

    Returns:
        See `summarize_episodes`.
    """
    return summarize_episodes(
        episode_accuracies(training, test, setting, classifier, progress)
    )


def summarize_episodes(
    accuracies: np.ndarray,
) -> dict[str, float | int | None]:
    """Summarize the accuracies of episodes.

    Args:
        accuracies: [episodes].

    Returns:
        "mean" accuracy, "margin_of_error" (half of the 95 % t interval over
        episodes; None for one episode), "standard_deviation" over episodes
        and "episodes".
    """
    return {
        "mean": float(np.mean(accuracies)),
        "margin_of_error": mean_margin(accuracies),
        "standard_deviation": float(np.std(accuracies, ddof=1))
        if len(accuracies) > 1
        else None,
        "episodes": len(accuracies),
    }


def paired_difference(
    accuracies: np.ndarray, reference: np.ndarray
) -> dict[str, float | None]:
    """Compare two networks on the same episodes.

    Args:
        accuracies: [episodes], of a network.
        reference: [episodes], of another network in the same episodes.

    Returns:
        "mean" of the network's accuracy minus the other's, and
        "margin_of_error" (half of the 95 % t interval over episodes; None for
        one episode).
    """
    differences = accuracies - reference
    return {
        "mean": float(differences.mean()),
        "margin_of_error": mean_margin(differences),
    }


def _normalize_features(
    training: np.ndarray, test: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    training = np.asarray(training, np.float32)
    mean, deviation = standardization(training)

    def normalize(x: np.ndarray) -> np.ndarray:
        x = (x - mean) / deviation
        length = np.linalg.norm(x, axis=1, keepdims=True)
        return x / np.where(length == 0, 1, length)

    return normalize(training), normalize(np.asarray(test, np.float32))


def predict_ridge(
    support: np.ndarray, ways: np.ndarray, queries: np.ndarray, penalty: float
) -> np.ndarray:
    """Classify queries by ridge regression of one-hot targets.

    Minimizes |XW + b - Y|^2 + penalty |W|^2 with a free intercept b, in its
    dual form.

    Args:
        support: [support examples, features].
        ways: int [support examples], from 0.
        queries: [queries, features].
        penalty: The L2 penalty.

    Returns:
        int [queries].
    """
    targets = np.eye(ways.max() + 1)[ways]
    center, mean = support.mean(0), targets.mean(0)
    x = (support - center).astype(np.float64)
    gram = x @ x.T + penalty * np.eye(len(x))
    weights = x.T @ np.linalg.solve(gram, targets - mean)
    return ((queries - center) @ weights + mean).argmax(1)


def _predict_logistic(
    support: np.ndarray, ways: np.ndarray, queries: np.ndarray, strength: float
) -> np.ndarray:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=strength, max_iter=1000)
    return model.fit(support, ways).predict(queries)
