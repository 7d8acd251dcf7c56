"""Colors of figures and reports, legible on a light and on a dark page."""

from __future__ import annotations

import dataclasses
import zlib


@dataclasses.dataclass(frozen=True)
class Theme:
    """Colors of everything but the data.

    Args:
        background: Page and figure.
        ink: Text.
        muted: Axes, captions.
        grid: Grid lines and borders.
        shade: Shaded spans and boxes.
    """

    background: str
    ink: str
    muted: str
    grid: str
    shade: str


LIGHT = Theme("#ffffff", "#1f2328", "#59636e", "#e1e4e8", "#eff1f3")
DARK = Theme("#15181d", "#e6e8eb", "#a3abb5", "#343a42", "#262b32")

#: Color of the baseline, whatever its method is.
BASELINE = "#767676"

#: One color for each method, in all figures. Each has a contrast of at least
#: 3 to both backgrounds.
METHODS = {
    "seal": "#D55E00",
    "llf": "#0072B2",
    "snapshots": "#008A63",
    "annealed_ascent": "#B8508F",
    "freezeout": "#7E62C8",
    "shrink_perturb": "#A06A2C",
    "swa": "#00889A",
    "distill": "#7F7F00",
    "sam": "#D1495B",
    "l2_schedule": "#5A8A29",
    "layer_rates": "#A64CA6",
    "normal": "#5B74D6",
}

#: Of curves of one run.
SPLITS = {"training": "#B06AA0", "validation": "#1F7F8F"}
LAYERS = {"early": "#C4504A", "later": "#4A74B8"}

#: Of what a comparison shows; see `seal_tf.reports.comparison.Verdict`.
VERDICTS = {
    "better": "#1F8A45",
    "worse": "#D1453B",
    "unclear": "#A67100",
    "equivalent": "#5B74D6",
}

#: Of things without a method, such as data sets or snapshots.
SERIES = ("#0072B2", "#D55E00", "#008A63", "#B8508F", "#7E62C8", "#A06A2C")


def method_color(method: str | None) -> str:
    """Return the color of a method.

    Args:
        method: Its name, as in `--method`. A combination has the color of
            its first part that is not normal training. A method of another
            package has one of the colors, too, always the same.
    """
    if method is None:
        return SERIES[0]
    parts = [part for part in method.split("+") if part != "normal"]
    method = parts[0] if parts else "normal"
    if method in METHODS:
        return METHODS[method]
    colors = list(METHODS.values())
    return colors[zlib.crc32(method.encode()) % len(colors)]


def contrast(first: str, second: str) -> float:
    """Return the contrast of two colors.

    The contrast is the ratio of WCAG 2.2, from 1 to 21.

    Args:
        first: "#rrggbb".
        second: "#rrggbb".
    """
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


def _luminance(color: str) -> float:
    """Return the relative luminance of WCAG 2.2."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in channels
    ]
    weights = (0.2126, 0.7152, 0.0722)
    return sum(w * c for w, c in zip(weights, linear, strict=True))
