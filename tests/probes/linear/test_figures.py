"""The figure of the linear probe."""

import pytest

from seal_tf.probes.linear.figures import linear_figure
from seal_tf.probes.report_parts import GroupedResult
from tests.probes.fakes import entry


def test_linear_figure_draws_a_point_for_each_network():
    results = {"top1": 0.5, "interval": [0.4, 0.6]}
    data = {"label": "digits", "classes": 10}
    groups = {name: [entry(name, results)] for name in ("n", "s")}
    part = linear_figure([GroupedResult(data, groups)])
    assert part.name == "linear"
    containers = part.figure.axes[0].containers
    assert [c.lines[0].get_xdata()[0] for c in containers] == pytest.approx(
        [50, 50]
    )
