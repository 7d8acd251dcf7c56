"""Write a report as one HTML file, a Markdown file and PNG figures."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from seal_tf.reports.markdown import escape_html, format_table
from seal_tf.utils import plot_style
from seal_tf.utils.files import write_bytes, write_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_CSS = """
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


class Document:
    """Headings, text, tables and figures that are written together.

    Args:
        title: Title of the document.
    """

    def __init__(self, title: str) -> None:
        self._title = title
        self._html: list[str] = []
        self._markdown: list[str] = []
        self._figures: dict[str, bytes] = {}

    def add_heading(self, text: str) -> None:
        """Add a heading.

        Args:
            text: The heading.
        """
        self._html.append(f"<h2>{html.escape(text)}</h2>")
        self._markdown.append(f"## {escape_html(text)}\n")

    def add_subheading(self, text: str) -> None:
        """Add a heading of the second level.

        Args:
            text: The heading.
        """
        self._html.append(f"<h3>{html.escape(text)}</h3>")
        self._markdown.append(f"### {escape_html(text)}\n")

    def add_text(self, text: str) -> None:
        """Add a paragraph.

        Args:
            text: The paragraph.
        """
        self._html.append(f"<p>{html.escape(text)}</p>")
        self._markdown.append(f"{escape_html(text)}\n")

    def add_list(self, items: Iterable[tuple[str, str]]) -> None:
        """Add a list to the HTML file.

        Args:
            items: (name, text) of each item.
        """
        lines = "".join(
            f"<li><b>{html.escape(name)}</b>: {html.escape(text)}</li>"
            for name, text in items
        )
        self._html.append(f"<ul>{lines}</ul>")

    def add_table(self, rows: list[list[str]], caption: str = "") -> None:
        """Add a table.

        Args:
            rows: Rows of cells; the first row is the header.
            caption: Text below the table.
        """
        cells = (
            "".join(f"<{tag}>{html.escape(c)}</{tag}>" for c in row)
            for tag, row in zip(["th"] + ["td"] * len(rows), rows, strict=False)
        )
        lines = "".join(f"<tr>{row}</tr>" for row in cells)
        self._html.append(f'<div class="scroll"><table>{lines}</table></div>')
        self._markdown.append(format_table(rows))
        if caption:
            self.add_text(caption)

    def add_figure(self, name: str, figure: Figure, caption: str) -> None:
        """Add a figure, which is also written as NAME.png.

        Args:
            name: Name of the PNG file, without the suffix.
            figure: The figure.
            caption: Text below the figure.
        """
        data = plot_style.to_png(figure)
        self._figures[name] = data
        encoded = base64.b64encode(data).decode()
        self._html.append(
            f'<figure><img alt="{html.escape(caption)}" '
            f'src="data:image/png;base64,{encoded}">'
            f"<figcaption>{html.escape(caption)}</figcaption></figure>"
        )

    def add_details(self, summary: str, text: str) -> None:
        """Add text that is collapsed in the HTML file.

        Args:
            summary: Text that is always shown.
            text: Text that expands.
        """
        self._html.append(
            f"<details><summary>{html.escape(summary)}</summary>"
            f"<pre>{html.escape(text)}</pre></details>"
        )

    def write(
        self,
        out: str | Path,
        name: str = "report",
        tables_name: str = "results",
    ) -> Path:
        """Write all files.

        Args:
            out: The folder.
            name: Name of the HTML file, without the suffix.
            tables_name: Name of the Markdown file, without the suffix.

        Returns:
            Path of the HTML file.
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
            f"<title>{title}</title><style>{_CSS}</style>"
            f"<h1>{title}</h1>" + "\n".join(self._html) + "</html>\n",
        )
        return out / f"{name}.html"
