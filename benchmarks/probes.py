"""Compare probes with scikit-learn, and estimate probes of full size.

  python -m benchmarks.probes [--rounds=7]

Prediction depth (10,000 training and 2,500 query examples, 8 taps) is
compared with scikit-learn's brute-force k-NN on the same features. The
benchmark also times 600 few-shot episodes, and computes the time of 100,000 x
10,000 examples on ResNet-50's taps from the measured rates.
"""

from __future__ import annotations

import time
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from benchmarks import training_steps
from benchmarks.arguments import create_parser
from benchmarks.interleaved_timing import time_interleaved
from benchmarks.random_batch import random_batch
from benchmarks.result_file import create_row, write_result
from seal_tf.probes import taps
from seal_tf.probes.few_shot.compute import EpisodeSetting, few_shot_accuracy
from seal_tf.probes.labeled_features import LabeledFeatures
from seal_tf.probes.neighbors import NeighborSearch
from seal_tf.probes.prediction_depth.compute import neighbor_votes

TRAINING, QUERIES, NEIGHBORS, CLASSES = 10_000, 2_500, 30, 50
#: Features of ResNet-18's taps at 64x64, pooled to 2x2.
WIDTHS = (256, 256, 512, 512, 1024, 1024, 2048, 2048)
#: Training and query examples of the published size.
FULL_SIZE = 100_000, 10_000
#: Float32 operations per second of an H100 at a third of its peak, 67
#: teraflop/s in the vendor's data sheet; TF32 would change the neighbors.
H100_FLOPS = 67e12 / 3


def main() -> None:
    """Run the benchmark."""
    rounds = create_parser(__doc__, rounds=7).parse_args().rounds
    depth = _compare_prediction_depth(rounds)
    products = TRAINING * QUERIES * sum(WIDTHS)
    seconds_per_product = depth["median_seconds"]["seal_tf"] / products
    full_size = _estimate_full_size(seconds_per_product)
    rows = [
        create_row(
            f"prediction depth, {TRAINING:,} x {QUERIES:,}, {len(WIDTHS)} "
            f"taps, k = {NEIGHBORS}",
            "scikit-learn, KNeighborsClassifier(algorithm='brute')",
            depth["ratio"]["seal_tf"],
            goal=0.6,
        ),
        create_row(
            "600 few-shot episodes, 5-way 5-shot, 15 queries per class, 2,048 "
            "features",
            "seconds",
            _time_episodes(),
            unit="s",
            goal=30,
        ),
        create_row(
            "prediction depth of ResNet-50 on all of Tiny-ImageNet: "
            f"{full_size['description']}",
            "computed from measured rates",
            full_size["hours"],
            unit="h",
            note="computed",
        ),
    ]
    details = {"prediction_depth": depth, "full_size": full_size}
    write_result("probes", rows, details)


def _compare_prediction_depth(rounds: int) -> dict[str, Any]:
    from sklearn.neighbors import KNeighborsClassifier

    rng = np.random.default_rng(0)
    labels = rng.integers(0, CLASSES, TRAINING)
    # Classes have different centers, as the features of a network do.
    centers = rng.normal(size=(CLASSES, max(WIDTHS))).astype("f4")

    def features(classes: np.ndarray, width: int) -> np.ndarray:
        noise = rng.standard_normal((len(classes), width), np.float32)
        return noise + centers[classes, :width]

    sets = [
        (
            LabeledFeatures(features(labels, width), labels),
            features(rng.integers(0, CLASSES, QUERIES), width),
        )
        for width in WIDTHS
    ]

    def seal_tf() -> list[np.ndarray]:
        search = NeighborSearch(NEIGHBORS)
        return [
            neighbor_votes(training, queries, CLASSES, search).argmax(1)
            for training, queries in sets
        ]

    def scikit_learn() -> list[np.ndarray]:
        return [
            KNeighborsClassifier(NEIGHBORS, algorithm="brute", n_jobs=-1)
            .fit(training.features, training.labels)
            .predict(queries)
            for training, queries in sets
        ]

    equal = [
        (x == y).mean() for x, y in zip(seal_tf(), scikit_learn(), strict=True)
    ]
    times = time_interleaved(
        {"scikit-learn": scikit_learn, "seal_tf": seal_tf}, rounds, warm_up=1
    )
    return {**times, "equal_prediction_fraction": float(np.mean(equal))}


def _time_episodes() -> float:
    rng = np.random.default_rng(0)
    labels = [rng.integers(0, CLASSES, n) for n in (TRAINING, QUERIES)]
    training, test = (
        LabeledFeatures(rng.standard_normal((len(y), 2048), np.float32), y)
        for y in labels
    )
    setting = EpisodeSetting(5, 5, 15, 600)
    start = time.perf_counter()
    few_shot_accuracy(training, test, setting)
    return time.perf_counter() - start


def _estimate_full_size(seconds_per_product: float) -> dict[str, Any]:
    """Estimate the published size from measured rates.

    Args:
        seconds_per_product: Seconds of a multiply-add of the distances.
    """
    model = training_steps.compiled_model("resnet50")
    shapes = [tap.shape for tap in taps.select_taps(model, (64, 64, 3))]
    # Feature maps are pooled to 2x2.
    widths = [(s[-1] or 0) * (4 if len(s) == 3 else 1) for s in shapes]
    training, queries = FULL_SIZE
    forward_seconds = _forward_seconds(model) * (training + queries)
    products = training * (training + queries) * sum(widths)
    neighbor_seconds = products * seconds_per_product
    feature_bytes = 4 * (training + queries) * sum(widths)
    minutes_h100 = 2 * products / H100_FLOPS / 60
    return {
        "taps": len(widths),
        "widths": widths,
        "forward_seconds": forward_seconds,
        "neighbor_seconds": neighbor_seconds,
        "distance_multiply_adds": products,
        "feature_bytes": feature_bytes,
        "hours": (forward_seconds + neighbor_seconds) / 3600,
        "minutes_h100": minutes_h100,
        "description": f"{len(widths)} taps, {sum(widths):,} features, "
        f"{feature_bytes / 1e9:.0f} GB, {products / 1e12:,.0f} tera "
        f"multiply-adds; the matrix products take {minutes_h100:.1f} min on "
        "an H100 at a third of its float32 peak",
    }


def _forward_seconds(model: keras.Model) -> float:
    """Measure the seconds of one image through the network."""
    x, _ = random_batch(128)
    forward = tf.function(lambda: model(x, training=False))
    forward()
    start = time.perf_counter()
    for _ in range(5):
        forward()
    return (time.perf_counter() - start) / (5 * len(x))


if __name__ == "__main__":
    main()
