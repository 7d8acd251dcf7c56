"""Parts of reports, and grouped results."""

from seal_tf.probes.report_parts import (
    GroupedResult,
    training_generations,
    training_method,
)
from tests.probes.fakes import entry


def test_grouped_result_iterates_over_entries_of_all_groups():
    a, b, c = (entry(name, {}) for name in "abc")
    result = GroupedResult({"label": "digits"}, {"x": [a, b], "y": [c]})
    assert list(result.entries()) == [a, b, c]
    assert result.label == "digits"


def test_training_facts_of_unknown_network_are_none():
    assert training_method([entry("a", {}, method="seal")]) == "seal"
    assert training_generations([entry("a", {})]) == 10
    assert training_method([{"name": "a"}]) is None
    assert training_generations([{"name": "a"}]) is None
