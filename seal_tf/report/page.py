"""One self-contained page: what happened, at a glance."""

from __future__ import annotations

import base64
import html
from pathlib import Path

from seal_tf import style
from seal_tf.files import write_bytes, write_text
from seal_tf.report import tables

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem;
       margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff; }
img { max-width: 100%; } table { border-collapse: collapse; }
td, th { padding: .3rem .8rem; border-bottom: 1px solid #ddd;
         text-align: right; } td:first-child, th:first-child
{ text-align: left; } .scroll { overflow-x: auto; }
pre { background: #f6f6f6; padding: .8rem; overflow-x: auto; }
figure { margin: 1.5rem 0; break-inside: avoid; }
figcaption { color: #555; font-size: 90%; }
"""


class Page:
    """Parts of a page, kept until all are there, then written at once.

    The same parts make `report.html`, the figures as PNG and the tables as
    `results.md`.

    Args:
        title: Of the page.
    """

    def __init__(self, title: str):
        self._title = title
        self._html: list[str] = []
        self._markdown: list[str] = []
        self._figures: dict[str, bytes] = {}

    def heading(self, text: str) -> None:
        self._html.append(f"<h2>{html.escape(text)}</h2>")
        self._markdown.append(f"## {tables.plain(text)}\n")

    def subheading(self, text: str) -> None:
        self._html.append(f"<h3>{html.escape(text)}</h3>")
        self._markdown.append(f"### {tables.plain(text)}\n")

    def text(self, text: str) -> None:
        self._html.append(f"<p>{html.escape(text)}</p>")
        self._markdown.append(f"{tables.plain(text)}\n")

    def list(self, items) -> None:
        """A list of (name, what is said of it)."""
        lines = "".join(
            f"<li><b>{html.escape(name)}</b>: {html.escape(said)}</li>"
            for name, said in items
        )
        self._html.append(f"<ul>{lines}</ul>")

    def table(self, rows, caption: str = "") -> None:
        """Rows of text, the first of them the head."""
        cells = (
            "".join(f"<{tag}>{html.escape(c)}</{tag}>" for c in row)
            for tag, row in zip(["th"] + ["td"] * len(rows), rows, strict=False)
        )
        lines = "".join(f"<tr>{row}</tr>" for row in cells)
        self._html.append(f'<div class="scroll"><table>{lines}</table></div>')
        self._markdown.append(tables.markdown(rows))
        if caption:
            self.text(caption)

    def figure(self, name: str, drawn, caption: str) -> None:
        """A matplotlib figure, which is also written as NAME.png."""
        data = style.png(drawn)
        self._figures[name] = data
        encoded = base64.b64encode(data).decode()
        self._html.append(
            f'<figure><img alt="{html.escape(caption)}" '
            f'src="data:image/png;base64,{encoded}">'
            f"<figcaption>{html.escape(caption)}</figcaption></figure>"
        )

    def details(self, summary: str, text: str) -> None:
        """Text that is folded away."""
        self._html.append(
            f"<details><summary>{html.escape(summary)}</summary>"
            f"<pre>{html.escape(text)}</pre></details>"
        )

    def write(self, out, name="report", tables_name="results") -> Path:
        """Writes everything into a folder.

        Args:
            out: The folder.
            name: Of the HTML file.
            tables_name: Of the Markdown file.

        Returns:
            The page's path.
        """
        out = Path(out)
        for figure, data in self._figures.items():
            write_bytes(out / f"{figure}.png", data)
        write_text(out / f"{tables_name}.md", "\n".join(self._markdown))
        title = html.escape(self._title)
        write_text(
            out / f"{name}.html",
            f'<!doctype html><html lang="en"><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width">'
            f"<title>{title}</title><style>{STYLE}</style>"
            f"<h1>{title}</h1>" + "\n".join(self._html) + "</html>\n",
        )
        return out / f"{name}.html"
