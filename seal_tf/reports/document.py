"""Write a report as one HTML file, a Markdown file and its figures."""

from __future__ import annotations

import base64
import contextlib
import html
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seal_tf.reports.html_template import render_document
from seal_tf.reports.markdown import escape_html, format_table
from seal_tf.reports.verdict import Answer
from seal_tf.utils import plot_style
from seal_tf.utils.files import write_bytes, write_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Figures of at most this width in inches are legible on a telephone.
_NARROW = 5.0
#: Longer cells have several lines.
_LONG = 40
#: Sign of each verdict.
_BADGES = {
    "better": "\N{BLACK UP-POINTING TRIANGLE}",
    "worse": "\N{BLACK DOWN-POINTING TRIANGLE}",
    "equivalent": "=",
    "unclear": "?",
    "incomparable": "\N{EN DASH}",
}


class Document:
    """Headings, text, tables and figures that are written together.

    Args:
        title: Title of the document.
    """

    def __init__(self, title: str) -> None:
        self._title = title
        self._html: list[str] = []
        self._markdown: list[str] = []
        self._files: dict[str, bytes] = {}
        self._charts: dict[str, dict[str, Any]] = {}

    def add_answer(self, answer: Answer) -> None:
        """Add the answer of the report, in a box.

        Args:
            answer: The answer.
        """
        parts = [
            f'<section class="answer {answer.verdict}">',
            f'<p class="headline">{_escape(answer.headline)}</p>',
        ]
        if answer.lines:
            items = "".join(
                f'<li class="{verdict}"><span class="badge {verdict}" '
                f'aria-hidden="true">{_BADGES[verdict]}</span>'
                f"<span>{_escape(text)}</span></li>"
                for verdict, text in answer.lines
            )
            parts.append(f"<ul>{items}</ul>")
        if answer.next_step:
            parts.append(f'<p class="next">{_escape(answer.next_step)}</p>')
            parts.append(_command_html(answer.command))
        parts += [
            f'<p class="note">{_escape(note)}</p>' for note in answer.notes
        ]
        self._html.append("".join([*parts, "</section>"]))
        self._markdown.append(f"**{escape_html(answer.headline)}**\n")
        if answer.lines:
            self._markdown.append(
                "".join(f"- {escape_html(text)}\n" for _, text in answer.lines)
            )
        self._markdown += [f"{escape_html(note)}\n" for note in answer.notes]
        if answer.next_step:
            self._markdown += [
                f"{escape_html(answer.next_step)}\n",
                _command_markdown(answer.command),
            ]

    def add_heading(self, text: str) -> None:
        """Add a heading.

        Args:
            text: The heading.
        """
        self._html.append(f"<h2>{_escape(text)}</h2>")
        self._markdown.append(f"## {escape_html(text)}\n")

    def add_subheading(self, text: str) -> None:
        """Add a heading of the second level.

        Args:
            text: The heading.
        """
        self._html.append(f"<h3>{_escape(text)}</h3>")
        self._markdown.append(f"### {escape_html(text)}\n")

    def add_text(self, text: str) -> None:
        """Add a paragraph.

        Args:
            text: The paragraph.
        """
        self._html.append(f"<p>{_escape(text)}</p>")
        self._markdown.append(f"{escape_html(text)}\n")

    def add_note(self, text: str) -> None:
        """Add a paragraph in small type.

        Args:
            text: The paragraph.
        """
        self._html.append(f'<p class="note">{_escape(text)}</p>')
        self._markdown.append(f"{escape_html(text)}\n")

    def add_list(self, items: Iterable[tuple[str, str]]) -> None:
        """Add a list to the HTML file.

        Args:
            items: (name, text) of each item.
        """
        lines = "".join(
            f"<li><b>{_escape(name)}</b>: {_escape(text)}</li>"
            for name, text in items
        )
        self._html.append(f"<ul>{lines}</ul>")

    def add_table(
        self,
        rows: list[list[str]],
        caption: str = "",
        muted: Collection[int] = (),
    ) -> None:
        """Add a table, without columns that have no text.

        Args:
            rows: Rows of cells; the first row is the header.
            caption: Text below the table.
            muted: Positions of gray rows in `rows`.
        """
        rows = _drop_empty_columns(rows)
        texts = [
            not all(_is_number(row[column]) for row in rows[1:])
            for column in range(len(rows[0]))
        ]
        lines = ""
        for i, row in enumerate(rows):
            tag = "td" if i else "th"
            cells = "".join(
                f"<{tag}{_cell_class(cell, is_text)}>{_escape(cell)}</{tag}>"
                for cell, is_text in zip(row, texts, strict=True)
            )
            style = ' class="muted"' if i in muted else ""
            lines += f"<tr{style}>{cells}</tr>"
        self._html.append(f'<div class="scroll"><table>{lines}</table></div>')
        self._markdown.append(format_table(rows))
        if caption:
            self.add_note(caption)

    def add_figure(
        self,
        name: str,
        figure: Figure,
        caption: str,
        alt: str = "",
        chart: dict[str, Any] | None = None,
    ) -> None:
        """Add a figure, which is also written as NAME.svg.

        Args:
            name: Name of the file, without the suffix.
            figure: The static figure.
            caption: Text below the figure.
            alt: The result in words, for readers who do not see the figure.
                Empty takes the caption.
            chart: The same figure for Plotly. The HTML file shows it where
                scripts run, and the static figure elsewhere and in print.
        """
        narrow = figure.get_figwidth() <= _NARROW
        image = f"{name}.svg"
        self._files[image] = plot_style.to_svg(figure).encode()
        content = self._image(image, alt or caption)
        if not narrow:
            content = f'<div class="scroll">{content}</div>'
        if chart is not None:
            self._charts[name] = chart
            content += (
                f'<div class="interactive" id="{name}" role="img" '
                f'aria-label="{_escape(alt or caption)}" hidden></div>'
            )
        self._html.append(
            f'<figure class="{"narrow" if narrow else "wide"}">{content}'
            f"<figcaption>{_escape(caption)}</figcaption></figure>"
        )

    def add_image(self, file_name: str, data: bytes, caption: str) -> None:
        """Add an image that exists as a file.

        Args:
            file_name: Name of the file, with its suffix: .svg or .png. If
                another image has it, a number is added.
            data: Content of the file.
            caption: Text below the image.
        """
        name, number = Path(file_name), 2
        while self._files.get(file_name, data) != data:
            file_name = f"{name.stem}_{number}{name.suffix}"
            number += 1
        self._files[file_name] = data
        self._html.append(
            f'<figure class="wide"><div class="scroll">'
            f"{self._image(file_name, caption)}</div>"
            f"<figcaption>{_escape(caption)}</figcaption></figure>"
        )

    def _image(self, file_name: str, alt: str) -> str:
        """Add a file to the Markdown, and return its HTML."""
        text = " ".join(alt.split())
        escaped = escape_html(text).replace("[", "(").replace("]", ")")
        self._markdown.append(f"![{escaped}]({file_name})\n")
        suffix = Path(file_name).suffix
        kind = "image/png" if suffix == ".png" else "image/svg+xml"
        encoded = base64.b64encode(self._files[file_name]).decode()
        return (
            f'<img class="static" alt="{_escape(text)}" '
            f'src="data:{kind};base64,{encoded}">'
        )

    @contextlib.contextmanager
    def folded(self, summary: str, is_open: bool = False) -> Iterator[None]:
        """Fold what is added in this context, in the HTML file.

        Args:
            summary: Heading that is always shown.
            is_open: Whether the section is open at first.
        """
        state = " open" if is_open else ""
        self._html.append(
            f"<details{state}><summary>{_escape(summary)}</summary>"
        )
        self._markdown.append(f"## {escape_html(summary)}\n")
        yield
        self._html.append("</details>")

    def add_command(self, text: str) -> None:
        """Add a command, which wraps in the HTML file.

        Args:
            text: The command, or several lines of commands.
        """
        self._html.append(_command_html(text))
        self._markdown.append(_command_markdown(text))

    def add_preformatted(self, text: str) -> None:
        """Add short lines of a fixed-width font to the HTML file.

        Args:
            text: The lines.
        """
        self._html.append(f'<pre class="columns">{html.escape(text)}</pre>')

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
        for file_name, data in self._files.items():
            write_bytes(out / file_name, data)
        write_text(out / f"{tables_name}.md", "\n".join(self._markdown))
        write_text(
            out / f"{name}.html",
            render_document(self._title, "\n".join(self._html), self._charts),
        )
        return out / f"{name}.html"


def _command_html(text: str) -> str:
    # A line breaks between words only, not after the dashes of a flag.
    lines = (
        " ".join(
            f"<span>{html.escape(word)}</span>" for word in line.split(" ")
        )
        for line in text.split("\n")
    )
    return f'<pre class="command">{chr(10).join(lines)}</pre>'


def _command_markdown(text: str) -> str:
    return f"```sh\n{text}\n```\n"


def _escape(text: str) -> str:
    """Escape text for HTML, and keep percent signs on the number's line."""
    return html.escape(text).replace(" %", "\N{NO-BREAK SPACE}%")


def _cell_class(cell: str, is_text: bool) -> str:
    if not is_text:
        return ""
    return ' class="text long"' if len(cell) > _LONG else ' class="text"'


def _is_number(cell: str) -> bool:
    """Return whether a cell is empty or starts with a number."""
    start = cell.lstrip("+-\N{MINUS SIGN}")[:1]
    return not cell or start.isdigit()


def _drop_empty_columns(rows: list[list[str]]) -> list[list[str]]:
    filled = [i for i in range(len(rows[0])) if any(r[i] for r in rows[1:])]
    return [[row[i] for i in filled] for row in rows] if filled else rows
