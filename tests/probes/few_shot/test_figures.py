"""The figures of the few-shot probe."""

import pytest

from seal_tf.probes.few_shot.figures import few_shot_figure
from seal_tf.probes.report_parts import GroupedResult
from tests.probes.fakes import entry


def test_few_shot_figure_omits_networks_without_the_setting():
    row = {"setting": "x", "mean": 0.8, "margin_of_error": None}
    groups = {
        "n": [entry("n", {"settings": [row]})],
        "m": [entry("m", {"settings": []})],
    }
    data = {"label": "a", "classes": 10}
    part = few_shot_figure([GroupedResult(data, groups)], "x", "few_shot_0")
    assert part.name == "few_shot_0"
    assert len(part.figure.axes[0].containers) == 1
    assert part.alt == "x accuracy. a: n 80.0 %"


def test_few_shot_figure_has_chance_and_paired_differences():
    def row(mean, *differences):
        return {
            "setting": "5-way 1-shot",
            "ways": 5,
            "mean": mean,
            "margin_of_error": 0.01,
            "differences": [
                {"network": "n", "mean": d, "margin_of_error": 0.02}
                for d in differences
            ],
        }

    groups = {
        "n": [entry("n", {"settings": [row(0.5)]})],
        "s": [entry("s", {"settings": [row(0.6, 0.1)]}, "seal")],
    }
    result = GroupedResult({"label": "a", "classes": 10}, groups)
    part = few_shot_figure([result], "5-way 1-shot", "few_shot_0")
    accuracies, differences = part.figure.axes
    (chance,) = [x for x in accuracies.lines if x.get_linestyle() == "--"]
    assert list(chance.get_xdata()) == [20, 20]
    point, _, (bar,) = differences.containers[0]
    assert point.get_xdata()[0] == pytest.approx(10)
    assert list(bar.get_segments()[0][:, 0]) == pytest.approx([8, 12])
    assert part.figure.get_figheight() < 2
