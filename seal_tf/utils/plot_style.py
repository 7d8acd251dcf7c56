"""Colors, markers and figure layout for all plots."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Okabe and Ito's palette, which color-blind readers can distinguish.
COLORS = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#000000",
)
#: Markers and dashes distinguish lines in grayscale.
MARKERS = "osD^vP*"
DASHES = ("-", "--", "-.", ":")
#: Gray level of shaded spans.
SHADE = "0.90"


def new_figure(
    width: float = 9.0,
    height: float = 4.0,
    rows: int = 1,
    columns: int = 1,
    sharex: bool = False,
    squeeze: bool = True,
) -> tuple[Figure, Any]:
    """Create a Matplotlib figure that needs no display.

    Args:
        width: Width in inches.
        height: Height in inches.
        rows: Number of rows of axes.
        columns: Number of columns of axes.
        sharex: Whether all axes share their x axis.
        squeeze: Whether one `Axes` is returned without an array.

    Returns:
        The figure and what `Figure.subplots` returns: one `Axes` or an array
        of them.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots(rows, columns, sharex=sharex, squeeze=squeeze)
    for ax in figure.axes:
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(axis="y", color="0.92", linewidth=0.8)
        ax.set_axisbelow(True)
    return figure, axes


def line_style(index: int) -> dict[str, str]:
    """Return color, marker and dashes of a plot's line.

    Args:
        index: Position of the line in the plot, from 0.
    """
    return {
        "color": COLORS[index % len(COLORS)],
        "marker": MARKERS[index % len(MARKERS)],
        "linestyle": DASHES[index // len(COLORS) % len(DASHES)],
    }


def add_legend(ax: Axes) -> None:
    """Add a legend to the right of the axes."""
    ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))


def to_png(figure: Figure) -> bytes:
    """Render a figure as PNG."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=130)
    return buffer.getvalue()


def set_signed_log_scale(ax: Axes, values: Iterable[float]) -> None:
    """Set a logarithmic y axis on both sides of zero.

    Args:
        ax: The axes.
        values: The plotted values; the ticks are the powers of ten in their
            range.
    """
    values = list(values)
    magnitudes = [abs(v) for v in values if v]
    low = math.floor(math.log10(min(magnitudes, default=1)))
    high = math.ceil(math.log10(max(magnitudes, default=1)))
    ax.set_yscale("symlog", linthresh=10**low, linscale=0.5)
    powers = [10.0**k for k in range(low, high + 1)]
    negative = [-p for p in powers if -p >= 2 * min(values, default=0)]
    ax.set_yticks([*negative, 0, *powers])
