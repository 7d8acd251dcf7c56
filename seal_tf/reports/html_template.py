"""The frame of a report in HTML: one file that needs no other."""

from __future__ import annotations

import dataclasses
import html
import json
from importlib import resources
from typing import Any

from seal_tf.utils.plot_colors import DARK, LIGHT, VERDICTS, Theme

#: Plotly's basic bundle (MIT license, `assets/plotly-LICENSE`).
_PLOTLY = "plotly-basic-4.1.1.min.js"


def render_document(
    title: str, body: str, charts: dict[str, dict[str, Any]]
) -> str:
    """Return the text of an HTML file.

    Args:
        title: Title of the document.
        body: HTML of its body.
        charts: Interactive charts by the id of their element. The file
            contains Plotly only if there are any.
    """
    title = html.escape(title)
    script = _read("report.js")
    if charts:
        data = "".join(
            f'<script type="application/json" id="data-{key}">'
            f"{encode_json(chart)}</script>\n"
            for key, chart in charts.items()
        )
        script = f"{_read(_PLOTLY)}</script>\n{data}<script>{script}"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        # An empty icon, so that a browser requests none.
        '<link rel="icon" href="data:,">\n'
        f"<title>{title}</title>\n<style>{_variables()}{_read('report.css')}"
        f"</style>\n</head>\n<body>\n<h1>{title}</h1>\n{body}\n"
        f"<script>{script}</script>\n</body>\n</html>\n"
    )


def encode_json(value: Any) -> str:
    """Encode a value so that it cannot end a script element.

    Args:
        value: A value of JSON types, with finite numbers.
    """
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")


def _variables() -> str:
    """Return the CSS variables of both color schemes."""
    verdicts = "".join(f"--{k}:{v};" for k, v in VERDICTS.items())
    return (
        f":root{{{_theme(LIGHT)}{verdicts}}}\n"
        "@media screen and (prefers-color-scheme: dark)"
        f"{{:root{{{_theme(DARK)}}}}}\n"
    )


def _theme(theme: Theme) -> str:
    colors = dataclasses.asdict(theme)
    return "".join(f"--{name}:{color};" for name, color in colors.items())


def _read(name: str) -> str:
    file = resources.files("seal_tf.reports") / "assets" / name
    return file.read_text(encoding="utf-8")
