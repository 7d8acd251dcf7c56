"""The figures of the few-shot probe."""

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
