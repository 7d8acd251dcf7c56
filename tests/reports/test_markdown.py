"""Markdown."""

from seal_tf.reports.markdown import escape_html, format_table


def test_format_table_escapes_cells():
    assert format_table([["a", "b"], ["<x>", "1|2"]]) == (
        "| a | b |\n|---|---|\n| &lt;x> | 1\\|2 |\n"
    )


def test_escape_html_escapes_entities_first():
    assert escape_html("a < b & c") == "a &lt; b &amp; c"
