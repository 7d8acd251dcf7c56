"""Format tables and text as Markdown."""

from __future__ import annotations


def format_table(rows: list[list[str]]) -> str:
    """Format a table.

    Args:
        rows: Rows of cells; the first row is the header.

    Returns:
        The Markdown table.
    """
    lines = [
        "| " + " | ".join(_escape_cell(c) for c in row) + " |" for row in rows
    ]
    rule = "|" + "---|" * len(rows[0])
    return "\n".join([lines[0], rule, *lines[1:]]) + "\n"


def _escape_cell(cell: str) -> str:
    return escape_html(cell).replace("|", "\\|")


def escape_html(text: str) -> str:
    """Escape text that Markdown would render as HTML.

    Args:
        text: The text.
    """
    return text.replace("&", "&amp;").replace("<", "&lt;")
