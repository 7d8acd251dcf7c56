"""The interactive charts of runs, as Plotly's JSON.

A chart shows the same numbers as its static figure. The page chooses the
colors of everything but the data; see `assets/report.js`.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Sequence
from typing import Any

from seal_tf.reports.run_groups import RunGroup
from seal_tf.reports.runs import Run
from seal_tf.reports.series import (
    Styles,
    end_of_generations,
    mean_by_epoch,
    phase_spans,
)

#: A chart: "data" and "layout" of `Plotly.newPlot`.
Chart = dict[str, Any]

_DASHES = {"-": "solid", "--": "dash", "-.": "dashdot", ":": "dot"}
_MARKERS = {
    "o": "circle",
    "s": "square",
    "D": "diamond",
    "^": "triangle-up",
    "v": "triangle-down",
    "P": "cross",
    "*": "star",
}
#: Panels of the chart by epoch: key in `metrics.jsonl`, title and factor.
_PANELS = (
    ("val_accuracy", "validation accuracy (%)", 100.0),
    ("val_loss", "validation loss", 1.0),
)


def chart_accuracy_by_generation(
    groups: Sequence[RunGroup], styles: Styles
) -> Chart:
    """Return the chart of `figures.plot_accuracy_by_generation`.

    Args:
        groups: The groups; each is a line.
        styles: Line style of each group, by name.
    """
    series = end_of_generations(groups)
    data: list[dict[str, Any]] = []
    for group in groups:
        line, style = series.lines[group.name], styles[group.name]
        trace = {
            "x": line.x,
            "y": _rounded(line.mean),
            "name": _label(group),
            "legendgroup": group.name,
            "mode": "lines+markers",
            "line": {"color": style["color"], "dash": _dash(style)},
            "marker": {"symbol": _MARKERS[style["marker"]], "size": 8},
            "customdata": _rounded(line.spread),
            "hovertemplate": "%{y:.1f} ± %{customdata:.1f} %",
        }
        if len(group.runs) == 1:
            trace["error_y"] = {"array": _rounded(line.spread), "width": 4}
        else:
            data.append(_band(line.x, line.mean, line.spread, trace))
        data.append(trace)
    layout = {
        "height": 400,
        "hovermode": "x unified",
        "xaxis": {"title": {"text": series.x_label}, **_integer_ticks(data)},
        "yaxis": {"title": {"text": "validation accuracy (%)"}},
    }
    return {"data": data, "layout": layout}


def _band(
    x: list[float],
    mean: list[float],
    spread: list[float],
    trace: dict[str, Any],
) -> dict[str, Any]:
    """Return the band of a line, which the line's legend entry also hides."""
    upper = [m + d for m, d in zip(mean, spread, strict=True)]
    lower = [m - d for m, d in zip(mean, spread, strict=True)]
    color = trace["line"]["color"]
    return {
        "x": [*x, *reversed(x)],
        "y": _rounded([*upper, *reversed(lower)]),
        "fill": "toself",
        "fillcolor": color + "2b",
        "mode": "lines",
        "line": {"width": 0, "color": color},
        "legendgroup": trace["legendgroup"],
        "showlegend": False,
        "hoverinfo": "skip",
    }


def chart_epochs(groups: Sequence[RunGroup], styles: Styles) -> Chart:
    """Return the chart of all groups by epoch, with linked panels.

    The panels are accuracy, loss and signed learning rates. They share their
    epochs, so that a position in one shows the phase in another.

    Args:
        groups: The groups; each has a thick line, the mean over seeds, and a
            thin one for each seed.
        styles: Line style of each group, by name.
    """
    data: list[dict[str, Any]] = []
    for group in groups:
        for panel in range(len(_PANELS)):
            data += _metric_traces(group, styles[group.name], panel)
        data += _rate_traces(group, styles[group.name], _lowest_rate(groups))
    layout: dict[str, Any] = {
        "height": 760,
        "hovermode": "x",
        "hoversubplots": "axis",
        "grid": {
            "rows": 3,
            "columns": 1,
            "pattern": "coupled",
            "subplots": [["xy"], ["xy2"], ["xy3"]],
        },
        "xaxis": {"title": {"text": "epoch"}, **_integer_ticks(data)},
        "yaxis3": {
            "title": {"text": "signed learning rate"},
            "domain": [0, 0.28],
            **_rate_ticks(groups),
        },
        "shapes": [
            {
                "type": "rect",
                "x0": low,
                "x1": high,
                "y0": 0,
                "y1": 1,
                "yref": "paper",
                "layer": "below",
                "line": {"width": 0},
            }
            for low, high in phase_spans(groups)
        ],
    }
    for axis, domain, (_, title, _) in zip(
        ("yaxis", "yaxis2"), ([0.68, 1], [0.34, 0.62]), _PANELS, strict=True
    ):
        layout[axis] = {"title": {"text": title}, "domain": domain}
    layout["yaxis2"] |= {"type": "log", "dtick": "D2", "tickformat": "~g"}
    return {"data": data, "layout": layout}


def _metric_traces(
    group: RunGroup, style: Any, panel: int
) -> Iterator[dict[str, Any]]:
    key, _, factor = _PANELS[panel]
    common = {
        "legendgroup": group.name,
        "mode": "lines",
        "yaxis": f"y{panel + 1}" if panel else "y",
    }
    for run in group.runs if len(group.runs) > 1 else ():
        epochs = [e for e in run.epochs if e[key] is not None]
        yield {
            **common,
            "x": [e["epoch"] + 1 for e in epochs],
            "y": _rounded([factor * e[key] for e in epochs]),
            "line": {"color": style["color"], "width": 1},
            "opacity": 0.35,
            "showlegend": False,
            "hoverinfo": "skip",
        }
    x, y = mean_by_epoch(group, key, factor)
    phases = _phases(group.runs[0])
    yield {
        **common,
        "x": x,
        "y": _rounded(y),
        "name": _label(group),
        "showlegend": panel == 0,
        "line": {"color": style["color"], "dash": _dash(style), "width": 2.5},
        "customdata": [phases[epoch - 1] for epoch in x],
        "hovertemplate": (
            f"{_label(group)}: %{{y:.4~g}}<br>%{{customdata}}<extra></extra>"
        ),
    }


def _phases(run: Run) -> list[str]:
    return [
        f"epoch {e['epoch'] + 1}, generation {e['generation'] + 1}, "
        f"{e['phase']}"
        for e in run.epochs
    ]


def _rate_traces(
    group: RunGroup, style: Any, lowest: float
) -> Iterator[dict[str, Any]]:
    run = group.runs[0]
    for part, dash in (("early", "solid"), ("later", "dot")):
        rates = [e[f"{part}_rate"] for e in run.epochs]
        yield {
            "x": [e["epoch"] + 1 for e in run.epochs],
            "y": _rounded([_signed_log(rate, lowest) for rate in rates]),
            "yaxis": "y3",
            "mode": "lines",
            "line": {
                "color": style["color"],
                "dash": dash,
                "width": 2,
                "shape": "hvh",
            },
            "legendgroup": group.name,
            "showlegend": False,
            "customdata": [f"{rate:+.3g}" for rate in rates],
            "hovertemplate": (
                f"{_label(group)}, {part} layers: %{{customdata}}"
                "<extra></extra>"
            ),
        }


def _rates(groups: Sequence[RunGroup]) -> list[float]:
    return [
        e[f"{part}_rate"]
        for group in groups
        for e in group.runs[0].epochs
        for part in ("early", "later")
    ]


def _lowest_rate(groups: Sequence[RunGroup]) -> float:
    """Return the power of ten below all rates but zero."""
    magnitudes = [abs(rate) for rate in _rates(groups) if rate]
    return 10.0 ** math.floor(math.log10(min(magnitudes, default=1.0)))


def _signed_log(rate: float, lowest: float) -> float:
    """Return the position of a rate on an axis of powers of both signs."""
    if not rate:
        return 0.0
    position = 1 + math.log10(max(abs(rate) / lowest, 1.0))
    return math.copysign(position, rate)


def _rate_ticks(groups: Sequence[RunGroup]) -> dict[str, Any]:
    rates, lowest = _rates(groups), _lowest_rate(groups)
    highest = max((abs(rate) for rate in rates), default=lowest)
    powers = [lowest]
    while powers[-1] < highest and len(powers) < 12:
        powers.append(10 * powers[-1])
    if min(rates, default=0) < 0:
        negative = [-p for p in reversed(powers) if -p >= 10 * min(rates)]
    else:
        negative = []
    ticks = [*negative, 0.0, *powers]
    return {
        "tickvals": [_signed_log(tick, lowest) for tick in ticks],
        "ticktext": [
            f"{tick:g}".replace("-", "\N{MINUS SIGN}") for tick in ticks
        ],
        "zeroline": True,
    }


def _integer_ticks(data: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return settings of an axis that has no ticks between integers."""
    widest = max(max(trace["x"]) - min(trace["x"]) for trace in data)
    step = 1
    for step in (s * 10**k for k in range(6) for s in (1, 2, 5)):
        if widest / step <= 10:
            break
    return {"dtick": step, "tick0": 0, "tickformat": "d"}


def _label(group: RunGroup) -> str:
    """Return the name of a group, without what Plotly would render."""
    return html.escape(group.name, quote=False).replace("%{", "% {")


def _dash(style: Any) -> str:
    return _DASHES[style["linestyle"]]


def _rounded(values: Sequence[float]) -> list[float]:
    return [float(f"{value:.5g}") for value in values]
