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
from seal_tf.utils.plot_colors import LAYERS, SPLITS

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
#: Panels of charts by epoch: key in `metrics.jsonl` and factor.
_PANELS = (
    ("val_accuracy", 100.0),
    ("val_loss", 1.0),
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
    lowest = _lowest_rate(groups)
    for group in groups:
        style = styles[group.name]
        for panel in range(len(_PANELS)):
            data += _metric_traces(group, style, panel)
        for part, dash in (("early", "solid"), ("later", "dot")):
            line = {"color": style["color"], "dash": dash}
            data.append(
                {
                    **_rate_trace(group, part, lowest, line),
                    "legendgroup": group.name,
                }
            )
    return {"data": data, "layout": _panel_layout(groups, data, "validation ")}


def chart_curves(group: RunGroup) -> Chart:
    """Return the chart of `figures.plot_curves`, with linked panels.

    Args:
        group: The group; lines of all seeds but the first are translucent.
    """
    data: list[dict[str, Any]] = []
    for panel, (key, factor) in enumerate(_PANELS):
        for split, name in (("val_", "validation"), ("", "training")):
            for i, run in enumerate(group.runs):
                trace = _metric_trace(
                    run, split + key.removeprefix("val_"), factor, panel
                )
                trace["legendgroup"] = name
                trace["line"] = {
                    "color": SPLITS[name],
                    "dash": "solid" if split else "dash",
                    "width": 1 if i else 2,
                }
                if i:
                    trace |= {"opacity": 0.4, "hoverinfo": "skip"}
                else:
                    trace |= _hover(run, name, trace["x"])
                trace |= {"name": name, "showlegend": not i and not panel}
                data.append(trace)
    for part, dash in (("later", "solid"), ("early", "dash")):
        line = {"color": LAYERS[part], "dash": dash}
        data.append(
            {
                **_rate_trace(group, part, _lowest_rate([group]), line),
                "name": f"{part} layers",
                "showlegend": True,
            }
        )
    layout = _panel_layout([group], data, "")
    layout["shapes"] += [
        {
            "type": "line",
            "x0": e["epoch"] + 0.5,
            "x1": e["epoch"] + 0.5,
            "y0": 0,
            "y1": 1,
            "yref": "paper",
            "layer": "below",
            "line": {"width": 1, "dash": "dot"},
        }
        for e in group.runs[0].epochs[1:]
        if e["epoch_in_generation"] == 0
    ]
    return {"data": data, "layout": layout}


def _panel_layout(
    groups: Sequence[RunGroup], data: Sequence[dict[str, Any]], prefix: str
) -> dict[str, Any]:
    losses = [y for trace in data if trace["yaxis"] == "y2" for y in trace["y"]]
    return {
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
        "yaxis": {
            "title": {"text": f"{prefix}accuracy (%)"},
            "domain": [0.68, 1],
        },
        "yaxis2": {
            "title": {"text": f"{prefix}loss"},
            "domain": [0.34, 0.62],
            **_loss_axis(losses),
        },
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


def _loss_axis(losses: Sequence[float]) -> dict[str, Any]:
    """Return a logarithmic axis for losses of different magnitudes."""
    positive = [loss for loss in losses if loss > 0]
    if not positive or max(positive) < 4 * min(positive):
        return {}
    return {"type": "log", "dtick": "D2", "tickformat": "~g"}


def _metric_trace(
    run: Run, key: str, factor: float, panel: int
) -> dict[str, Any]:
    epochs = [e for e in run.epochs if e[key] is not None]
    return {
        "x": [e["epoch"] + 1 for e in epochs],
        "y": _rounded([factor * e[key] for e in epochs]),
        "mode": "lines",
        "yaxis": f"y{panel + 1}" if panel else "y",
    }


def _hover(run: Run, label: str, epochs: Sequence[int]) -> dict[str, Any]:
    """Return what a line shows at its epochs, from 1: value and phase."""
    rows = [run.epochs[epoch - 1] for epoch in epochs]
    return {
        "text": [
            f"generation {e['generation'] + 1}, {e['phase']}" for e in rows
        ],
        "hovertemplate": f"{label}: %{{y:.4~g}} (%{{text}})<extra></extra>",
    }


def _metric_traces(
    group: RunGroup, style: Any, panel: int
) -> Iterator[dict[str, Any]]:
    key, factor = _PANELS[panel]
    for run in group.runs if len(group.runs) > 1 else ():
        yield {
            **_metric_trace(run, key, factor, panel),
            "legendgroup": group.name,
            "line": {"color": style["color"], "width": 1},
            "opacity": 0.35,
            "showlegend": False,
            "hoverinfo": "skip",
        }
    x, y = mean_by_epoch(group, key, factor)
    yield {
        "x": x,
        "y": _rounded(y),
        "mode": "lines",
        "yaxis": f"y{panel + 1}" if panel else "y",
        "name": _label(group),
        "legendgroup": group.name,
        "showlegend": panel == 0,
        "line": {"color": style["color"], "dash": _dash(style), "width": 2.5},
        **_hover(group.runs[0], _label(group), x),
    }


def _rate_trace(
    group: RunGroup, part: str, lowest: float, line: dict[str, Any]
) -> dict[str, Any]:
    run = group.runs[0]
    rates = [e[f"{part}_rate"] for e in run.epochs]
    # One text for both parts, at the line of the early layers.
    hover: dict[str, Any] = {"hoverinfo": "skip"}
    if part == "early":
        hover = {
            "text": [
                f"early {e['early_rate']:+.3g}, later {e['later_rate']:+.3g}"
                for e in run.epochs
            ],
            "hovertemplate": f"{_label(group)}: %{{text}}<extra></extra>",
        }
    return {
        "x": [e["epoch"] + 1 for e in run.epochs],
        "y": _rounded([_signed_log(rate, lowest) for rate in rates]),
        "yaxis": "y3",
        "mode": "lines",
        "line": {**line, "width": 2, "shape": "hvh"},
        "showlegend": False,
        **hover,
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
        "range": [
            _signed_log(ticks[0], lowest) - 0.5 * bool(negative) - 0.2,
            _signed_log(powers[-1], lowest) + 0.2,
        ],
        "zeroline": True,
    }


def _integer_ticks(data: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return settings of an axis that has no ticks between integers."""
    # A trace is empty if none of its values is finite.
    widest = max(
        (max(trace["x"]) - min(trace["x"]) for trace in data if trace["x"]),
        default=0,
    )
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
