"""How figures look: colours that colour-blind people can tell apart."""

from __future__ import annotations

import io

#: Okabe and Ito's palette, black last.
COLOURS = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#000000",
)
#: Told apart without colour, too.
MARKERS = "osD^vP*"
DASHES = ("-", "--", "-.", ":")
SHADE = "0.90"


def figure(width=9.0, height=4.0, rows=1, columns=1, **kwargs):
    """A matplotlib figure and its axes, drawn without a display."""
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(width, height), layout="constrained")
    axes = drawn.subplots(rows, columns, **kwargs)
    for ax in drawn.axes:
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(axis="y", color="0.92", linewidth=0.8)
        ax.set_axisbelow(True)
    return drawn, axes


def png(drawn) -> bytes:
    buffer = io.BytesIO()
    drawn.savefig(buffer, format="png", dpi=130)
    return buffer.getvalue()
