"""How figures look: colors that color-blind people can tell apart."""

from __future__ import annotations

import io
import math

#: Okabe and Ito's palette, black last.
COLORS = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#000000",
)
#: Told apart without color, too.
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


def signed_log(ax, values):
    """A logarithmic axis on both sides of zero, ticked at powers of ten."""
    sizes = [abs(v) for v in values if v]
    low = math.floor(math.log10(min(sizes, default=1)))
    high = math.ceil(math.log10(max(sizes, default=1)))
    ax.set_yscale("symlog", linthresh=10**low, linscale=0.5)
    powers = [10.0**k for k in range(low, high + 1)]
    below = [-p for p in powers if -p >= 2 * min(values, default=0)]
    ax.set_yticks([*below, 0, *powers])
