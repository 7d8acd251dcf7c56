"""The prediction-depth probe as a command."""

import types

import pytest

from seal_tf.probes.prediction_depth.flags import PredictionDepthSettings
from seal_tf.probes.prediction_depth.probe import (
    PredictionDepthProbe,
    unique_file_names,
)
from seal_tf.probes.report_parts import FigurePart, GroupedResult, Paragraph
from tests.probes.fakes import FakeSession, source
from tests.probes.prediction_depth.examples import depth_entry


def test_unique_file_names_replaces_characters_and_avoids_collisions():
    assert unique_file_names(["a/b", "a_b", "c"]) == ["a_b", "a_b_", "c"]


@pytest.mark.parametrize(
    ("taps", "pooling", "message"),
    [
        (("x",), "2", "different taps cannot be compared|at different taps"),
        (("a",), "1", "pool their taps differently"),
    ],
)
def test_run_of_incomparable_networks_raises(taps, pooling, message):
    networks = {
        "n": (("a",), "2"),
        "m": (taps, pooling),
    }
    session = FakeSession(sources=[source("n"), source("m")])

    def load(source):
        taps, pooling = networks[source.name]
        return types.SimpleNamespace(
            name=source.name, taps=taps, card={"pooling": pooling}
        )

    session.load = load
    with pytest.raises(ValueError, match=message):
        PredictionDepthProbe(PredictionDepthSettings()).run(session)


def test_report_of_different_taps_has_no_figure():
    other = depth_entry("m")
    other["results"]["taps"] = ["three"]
    result = GroupedResult({"label": "a"}, {"n": [depth_entry()], "m": [other]})
    parts = list(PredictionDepthProbe.report([result]))
    assert isinstance(parts[-1], Paragraph)
    assert "different taps" in parts[-1].text


def test_report_of_several_data_sets_numbers_the_figures():
    result = GroupedResult({"label": "a"}, {"n": [depth_entry()]})
    parts = list(PredictionDepthProbe.report([result, result]))
    names = [part.name for part in parts if isinstance(part, FigurePart)]
    assert names[0] == "accuracy_per_tap_0"
    assert names[-1] == "depth_by_class_1"
