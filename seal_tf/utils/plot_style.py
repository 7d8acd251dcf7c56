"""Lines, layout and file formats of all figures."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from seal_tf.utils import plot_colors
from seal_tf.utils.plot_colors import DARK, LIGHT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLORS = plot_colors.SERIES
#: Markers and dashes distinguish lines in grayscale.
MARKERS = "osD^vP*"
DASHES = ("-", "--", "-.", ":")
#: Height in inches of a row of a legend, and the rows that a figure has room
#: for.
_ROW, _FEW_ROWS = 0.2, 4
#: Labels that Matplotlib gives to lines that have none.
_AUTOMATIC_LABEL = re.compile(r"_(nolegend_|child\d+|container\d+)")
#: Color of shaded spans.
SHADE = LIGHT.shade
#: Matplotlib's settings of a figure.
_STYLE: dict[Any, Any] = {
    "font.size": 10,
    "text.color": LIGHT.ink,
    "axes.labelcolor": LIGHT.ink,
    "axes.titlecolor": LIGHT.ink,
    "axes.edgecolor": LIGHT.muted,
    "xtick.color": LIGHT.muted,
    "ytick.color": LIGHT.muted,
    "xtick.labelcolor": LIGHT.ink,
    "ytick.labelcolor": LIGHT.ink,
}


def new_figure(
    width: float = 6.5,
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
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.subplots(rows, columns, sharex=sharex, squeeze=squeeze)
    for ax in figure.axes:
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(axis="y", color=LIGHT.grid, linewidth=0.8)
        ax.set_axisbelow(True)
    return figure, axes


def line_style(index: int) -> dict[str, str]:
    """Return color, marker and dashes of a line without a method.

    Args:
        index: Position of the line in the plot, from 0.
    """
    return {
        "color": COLORS[index % len(COLORS)],
        "marker": MARKERS[index % len(MARKERS)],
        "linestyle": DASHES[index // len(COLORS) % len(DASHES)],
    }


def method_styles(
    methods: Sequence[str | None], baseline: int | None = None
) -> list[dict[str, str]]:
    """Return color, marker and dashes of lines of methods.

    Every method has the same color in all figures, and the baseline is gray.
    Lines of one color differ in their dashes.

    Args:
        methods: Method of each line; None if it is unknown.
        baseline: Position of the baseline. None takes the first normal
            training.
    """
    if baseline is None and "normal" in methods:
        baseline = methods.index("normal")
    styles: list[dict[str, str]] = []
    for i, method in enumerate(methods):
        color = plot_colors.method_color(method)
        if i == baseline:
            color = plot_colors.BASELINE
        elif method is None:
            color = COLORS[methods[:i].count(None) % len(COLORS)]
        same = sum(style["color"] == color for style in styles)
        styles.append(
            {
                "color": color,
                "marker": MARKERS[i % len(MARKERS)],
                "linestyle": DASHES[same % len(DASHES)],
            }
        )
    return styles


def add_legend(ax: Axes) -> None:
    """Add a legend above the axes, in as many columns as fit.

    A long legend makes the figure higher, so that the axes keep their size.
    """
    _keep_underscores(ax)
    handles, labels = ax.get_legend_handles_labels()
    longest = max((len(label) for label in labels), default=1)
    # A character of the legend's font is about 8 of the figure's pixels wide.
    characters = ax.bbox.width / 8
    columns = max(1, int(characters / (longest + 6)))
    rows = math.ceil(len(labels) / columns)
    figure = ax.get_figure(root=True)
    assert figure is not None
    height = figure.get_figheight() + _ROW * max(0, rows - _FEW_ROWS)
    figure.set_figheight(height)
    ax.legend(
        handles,
        labels,
        frameon=False,
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=columns,
        fontsize=9,
        borderaxespad=0.2,
        labelcolor=LIGHT.ink,
    )


def _keep_underscores(ax: Axes) -> None:
    """Let labels of users begin with "_", which hides a line from the legend.

    A space without width in front of them lets Matplotlib show them.
    """
    artists: list[Any] = [*ax.lines, *ax.containers]
    for artist in artists:
        label = str(artist.get_label())
        if label.startswith("_") and not _AUTOMATIC_LABEL.fullmatch(label):
            artist.set_label(f"\u200b{label}")


def to_png(figure: Figure) -> bytes:
    """Render a figure as PNG."""
    buffer = io.BytesIO()
    _escape_texts(figure)
    figure.savefig(buffer, format="png", dpi=130)
    return buffer.getvalue()


def to_svg(figure: Figure) -> str:
    """Render a figure as SVG, with other colors where the page is dark.

    Figures that are created in the same way have the same file.

    Args:
        figure: The figure.
    """
    import matplotlib

    buffer = io.StringIO()
    _escape_texts(figure)
    settings: dict[Any, Any] = {
        "svg.fonttype": "none",
        "svg.hashsalt": "seal_tf",
    }
    with matplotlib.rc_context(settings):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    text = buffer.getvalue()
    # Without the XML declaration, the text may also be part of a page.
    text = text[text.index("<svg") :]
    return text.replace("</style>", f"{_dark_style()}</style>", 1)


def _escape_texts(figure: Figure) -> None:
    """Make Matplotlib draw the texts of a figure as they are.

    Names of classes and folders may have dollar signs, which would be the
    limits of a formula, and bytes that are not UTF-8, which have no glyph.
    """
    from matplotlib.text import Text
    from matplotlib.ticker import FuncFormatter

    def escape(text: str) -> str:
        text = text.encode("utf-8", "surrogateescape").decode(errors="replace")
        return re.sub(r"(?<!\\)\$", r"\\$", text)

    def escape_labels(
        original: Callable[..., str],
    ) -> Callable[..., str]:
        return lambda value, position: escape(original(value, position))

    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):
            # Labels that are given; those of a logarithmic axis are formulas.
            formatter = axis.get_major_formatter()
            if isinstance(formatter, FuncFormatter):
                formatter.func = escape_labels(formatter.func)
    for artist in figure.findobj(Text):
        assert isinstance(artist, Text)
        artist.set_text(escape(artist.get_text()))


def _dark_style() -> str:
    """Return CSS that replaces the colors of `LIGHT` by those of `DARK`."""
    pairs = [(getattr(LIGHT, n), getattr(DARK, n)) for n in vars(LIGHT)]
    rules = "".join(
        f'[style*="{name}: {light}"]{{{name}:{dark}!important}}'
        for light, dark in [*pairs, ("#000000", DARK.ink)]
        for name in ("fill", "stroke")
    )
    rules += f'text:not([style*="fill:"]){{fill:{DARK.ink}}}'
    # Line breaks keep the lines of the file short enough to compare.
    return (
        "\n@media screen and (prefers-color-scheme: dark){"
        + rules.replace("}[", "}\n[")
        + "}"
    )


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
