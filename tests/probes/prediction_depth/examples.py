"""A prediction-depth result."""

from tests.probes.fakes import entry


def depth_results(mean=1.5, definitions=("correctness",), **more):
    """Return "results" of two taps, three images and two classes."""
    summary = {
        "mean": mean,
        "interval": [1.2, 1.8],
        "none_fraction": 0.25,
        "histogram": [2, 1, 1],
        "by_class": [1.0, None],
        "class_names": ["a", "b"],
        **more,
    }
    split = {
        "accuracy_per_tap": [0.5, 0.75],
        **{definition: summary for definition in definitions},
    }
    return {
        "taps": ["one", "two"],
        "splits": {"train": split, "validation": split},
    }


def depth_entry(name="n", seed=0, **options):
    """Return an entry with `depth_results`."""
    return entry(name, depth_results(**options), seed=seed)


def by_depth_row(depth, examples, value):
    """Return a row of "by_depth"."""
    names = ("accuracy", "confidence", "nll", "calibration_error")
    return {
        "depth": depth,
        "examples": examples,
        **dict.fromkeys(names, value),
    }
