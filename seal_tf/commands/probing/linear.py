"""`--probe=linear`: logistic regression on one tap."""

from __future__ import annotations

import numpy as np

from seal_tf.commands.probing.asked import Asked
from seal_tf.probes import linear


def run(asked: Asked) -> dict:
    """Probes every network; see `seal_tf.probes.linear`."""
    flags = asked.flags
    seeds = range(flags.seed, flags.seed + flags.linear_seeds)
    networks = []
    for subject in asked.subjects:
        tap = asked.tap(subject)
        train, test = asked.images(subject)
        training = asked.features(subject, train).tap(tap)
        held = asked.features(subject, test).tap(tap)
        shown = asked.progress(f"{subject.name}: linear probe")
        fits: dict = {}
        by_seed = []
        for seed in seeds:
            found = linear.linear_probe(
                training,
                train.labels,
                held,
                test.labels,
                seed=seed,
                fits=fits,
            )
            del found["right"]
            by_seed.append({"seed": seed, **found})
            shown(len(by_seed), len(seeds))
        results = {
            "tap": tap,
            "features": training.shape[1],
            "by_seed": by_seed,
            **{
                key: float(np.mean([f[key] for f in by_seed]))
                for key in ("top1", "top5", "per_class")
            },
            "interval": np.mean([f["interval"] for f in by_seed], 0).tolist(),
            "spread_over_seeds": _spread([f["top1"] for f in by_seed]),
        }
        print(
            f"{subject.name}: linear probe of {tap}: top-1 "
            f"{results['top1']:.2%} (95 % over test images "
            f"{results['interval'][0]:.2%} to {results['interval'][1]:.2%}), "
            f"top-5 {results['top5']:.2%}, mean per class "
            f"{results['per_class']:.2%}"
        )
        networks.append({**asked.about(subject), "results": results})
    return {"protocol": linear.protocol(), "networks": networks}


def _spread(values):
    """Standard deviation of a sample; None of a single value."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else None
