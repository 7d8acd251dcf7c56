"""The frame of a report."""

import json

import pytest

from seal_tf.reports.html_template import encode_json, render_document


def test_render_document_contains_both_color_schemes():
    html = render_document("a < b", "<p>body</p>", {})
    assert "<title>a &lt; b</title>" in html
    assert "<p>body</p>" in html
    assert ":root{--background:#ffffff;" in html
    assert "@media screen and (prefers-color-scheme: dark){:root{" in html


def test_encode_json_cannot_end_a_script():
    value = {"a": "</script><!--", "b": [1.5, None]}
    text = encode_json(value)
    assert "<" not in text
    assert json.loads(text) == value
    with pytest.raises(ValueError):
        encode_json(float("nan"))
