"""Probes against scikit-learn, and what the full-size ones will cost.

  python -m benchmarks.probes [--turns=5]

Prediction depth, 10,000 training and 2,500 other examples, 8 taps, against
scikit-learn's brute-force k-NN on the same features; 600 few-shot episodes;
and from the measured rates, 100,000 x 10,000 on ResNet-50's taps.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import tensorflow as tf

from benchmarks import record, work
from benchmarks.noise import batch
from benchmarks.turns import by_turns
from seal_tf.probes import few_shot, taps
from seal_tf.probes.prediction_depth import probe_votes

TRAINING, OTHERS, NEIGHBOURS = 10_000, 2_500, 30
#: Features of ResNet-18's taps at 64x64, pooled to 2x2.
WIDTHS = (256, 256, 512, 512, 1024, 1024, 2048, 2048)
FULL = 100_000, 10_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=5)
    asked = parser.parse_args()
    rows, facts = [], {}
    depth, per_multiply_add = _depth(asked.turns)
    facts["prediction_depth"] = depth
    rows.append(
        record.row(
            f"prediction depth, {TRAINING:,} x {OTHERS:,}, {len(WIDTHS)} taps, "
            f"k = {NEIGHBOURS}",
            "scikit-learn, KNeighborsClassifier(algorithm='brute')",
            depth["ratio"]["ours"],
            goal=0.6,
        )
    )
    rows.append(
        record.row(
            "600 few-shot episodes, 5-way 5-shot, 15 queries a class, 2,048 "
            "features",
            "seconds",
            _episodes(),
            unit="s",
            goal=30,
        )
    )
    facts["full"] = _full(per_multiply_add)
    rows.append(
        record.row(
            "prediction depth of ResNet-50 on all of Tiny-ImageNet: "
            f"{facts['full']['words']}",
            "computed from measured rates",
            facts["full"]["hours_here"],
            unit="h",
            note="computed",
        )
    )
    record.write("probes", "benchmarks.probes", rows, **facts)


def _depth(turns):
    from sklearn.neighbors import KNeighborsClassifier

    rng = np.random.default_rng(0)
    labels = rng.integers(0, 50, TRAINING)
    # Classes apart, as features of a network are.
    centres = rng.normal(size=(50, max(WIDTHS))).astype("f4")

    def features(count, width, of):
        noise = rng.standard_normal((count, width), np.float32)
        return noise + centres[of, :width]

    sets = [
        (
            features(TRAINING, width, labels),
            features(OTHERS, width, rng.integers(0, 50, OTHERS)),
        )
        for width in WIDTHS
    ]

    def ours():
        return [
            probe_votes(a, labels, b, NEIGHBOURS, 50).argmax(1) for a, b in sets
        ]

    def theirs():
        return [
            KNeighborsClassifier(NEIGHBOURS, algorithm="brute", n_jobs=-1)
            .fit(a, labels)
            .predict(b)
            for a, b in sets
        ]

    agree = [(x == y).mean() for x, y in zip(ours(), theirs(), strict=True)]
    found = by_turns({"scikit-learn": theirs, "ours": ours}, turns, warm_up=1)
    found["same_answer"] = float(np.mean(agree))
    products = TRAINING * OTHERS * sum(WIDTHS)
    return found, found["median_seconds"]["ours"] / products


def _episodes():
    rng = np.random.default_rng(0)
    labels, truth = (rng.integers(0, 50, n) for n in (TRAINING, OTHERS))
    training, test = (
        rng.standard_normal((len(x), 2048), np.float32) for x in (labels, truth)
    )
    setting = few_shot.Setting(5, 5, 15, 600)
    began = time.perf_counter()
    few_shot.few_shot(training, labels, test, truth, setting)
    return time.perf_counter() - began


def _full(per_multiply_add):
    """The published size, from what was measured here."""
    model = work.compiled("resnet50")
    shapes = [t.shape for t in taps.choose(model, (64, 64, 3))]
    # Maps are pooled to 2x2.
    widths = [s[-1] * (4 if len(s) == 3 else 1) for s in shapes]
    training, others = FULL
    forward = _forward_seconds(model) * (training + others)
    products = training * (training + others) * sum(widths)
    neighbours = products * per_multiply_add
    numbers = 4 * (training + others) * sum(widths)
    hours = (forward + neighbours) / 3600
    # An H100's float32 at a third of its peak (vendor's data sheet: 67
    # teraflop/s); TF32 would find other neighbours.
    on_gpu = 2 * products / (67e12 / 3) / 60
    return {
        "taps": len(widths),
        "widths": widths,
        "forward_s": forward,
        "neighbours_s": neighbours,
        "multiply_adds": products,
        "feature_bytes": numbers,
        "hours_here": hours,
        "minutes_on_an_h100": on_gpu,
        "words": f"{len(widths)} taps, {sum(widths):,} features, "
        f"{numbers / 1e9:.0f} GB of them, {products / 1e12:,.0f} tera "
        f"multiply-adds; the products {on_gpu:.1f} min on an H100 at a third "
        "of its float32 peak",
    }


def _forward_seconds(model):
    """Seconds of an image through the network, in inference."""
    x, _ = batch(128)
    forward = tf.function(lambda: model(x, training=False))
    forward()
    began = time.perf_counter()
    for _ in range(5):
        forward()
    return (time.perf_counter() - began) / (5 * len(x))


if __name__ == "__main__":
    main()
