"""The table of the prediction-depth probe."""

import numpy as np
import pytest
from scipy import stats

from seal_tf.probes.prediction_depth.tables import (
    depth_table,
    describe_differences,
)
from seal_tf.probes.report_parts import GroupedResult
from tests.probes.fakes import entry
from tests.probes.prediction_depth.examples import depth_entry, depth_results


def test_depth_table_leaves_missing_definitions_empty():
    groups = {
        "n": [depth_entry()],
        "s": [depth_entry(), depth_entry(seed=1, mean=2.5)],
    }
    table = depth_table(GroupedResult({"label": "a"}, groups))
    rows = table.rows
    depth = "1.50 (1.20 to 1.80)"
    assert rows[1] == ["n", "1", "train", "", "", depth, "25.0", "75.0"]
    assert rows[4][5] == "2.00 ± 0.71"
    assert "It is blank for n, s: the network was trained on" in table.caption


def test_depth_table_with_both_definitions_needs_no_explanation():
    both = depth_entry(definitions=("correctness", "agreement"))
    table = depth_table(GroupedResult({"label": "a"}, {"n": [both]}))
    assert table.caption == ""


def _describe(*means):
    """Describe groups with these depths by seed."""
    groups = {
        name: [
            entry(f"{name}{seed}", depth_results(mean), name, seed)
            for seed, mean in enumerate(depths)
        ]
        for name, depths in zip(("seal", "normal"), means, strict=False)
    }
    return describe_differences(GroupedResult({"label": "a"}, groups))


@pytest.mark.parametrize(
    ("seal", "text"),
    [
        ((2.5, 2.7, 2.6), "seal decides in later layers than normal: +1.10"),
        ((0.5, 0.7, 0.6), "seal decides in earlier layers than normal"),
        ((1.0, 2.7, 1.6), "Cannot tell whether seal or normal decides in"),
    ],
)
def test_describe_differences_states_the_paired_interval(seal, text):
    normal = (1.5, 1.5, 1.5)
    sentence = _describe(seal, normal)
    assert sentence.startswith(text)
    differences = np.subtract(seal, normal)
    half = stats.t.ppf(0.975, 2) * differences.std(ddof=1) / np.sqrt(3)
    low = f"{differences.mean() - half:+.2f}".replace("-", "\u2212")
    assert f"(95 % interval {low} to " in sentence


def test_describe_differences_of_few_seeds_tells_nothing():
    assert _describe((2.0,), (1.5,)).startswith("Cannot tell")
    assert _describe((2.0,), (1.5,)).endswith(
        "+0.50 taps by correctness (one seed)."
    )
    assert _describe((2.0,)) == ""
