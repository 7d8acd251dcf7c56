"""The prediction-depth probe as a command."""

import types

import pytest

from seal_tf.probes.prediction_depth.flags import PredictionDepthSettings
from seal_tf.probes.prediction_depth.probe import (
    PredictionDepthProbe,
    unique_file_names,
)
from seal_tf.probes.report_parts import (
    FigurePart,
    GroupedResult,
    ImagePart,
    Paragraph,
)
from tests.probes.fakes import FakeSession, entry, source
from tests.probes.prediction_depth.examples import depth_entry, depth_results


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


def test_report_shows_the_contact_sheet_of_each_group(tmp_path):
    (tmp_path / "sheet.svg").write_text("<svg/>")
    with_sheet = {**depth_results(), "contact_sheet": "sheet.svg"}
    groups = {
        "seal": [entry("s0", with_sheet), entry("s1", with_sheet, seed=1)],
        "old": [entry("old", depth_results())],
        "lost": [entry("lost", {**depth_results(), "contact_sheet": "x.svg"})],
    }
    result = GroupedResult({"label": "a"}, groups, folder=tmp_path)
    parts = list(PredictionDepthProbe.report([result]))
    (image,) = [part for part in parts if isinstance(part, ImagePart)]
    assert image.path == tmp_path / "sheet.svg"
    assert image.caption.startswith("seal (s0): the validation images")
