"""Documents."""

from seal_tf.reports.document import Document
from seal_tf.reports.verdict import Answer
from seal_tf.utils import plot_style


def write(document, folder):
    """Write a document; return its HTML and its Markdown."""
    file = document.write(folder)
    assert file == folder / "report.html"
    return file.read_text(), (folder / "results.md").read_text()


def test_document_keeps_different_images_of_one_name(tmp_path):
    document = Document("title")
    for data in (b"first", b"second", b"first"):
        document.add_image("sheet.svg", data, "caption")
    _, markdown = write(document, tmp_path)
    assert (tmp_path / "sheet.svg").read_bytes() == b"first"
    assert (tmp_path / "sheet_2.svg").read_bytes() == b"second"
    assert markdown.count("(sheet.svg)") == 2
    assert markdown.count("(sheet_2.svg)") == 1


def test_document_writes_html_markdown_and_figures(tmp_path):
    document = Document("<title>")
    document.add_heading("heading")
    document.add_subheading("subheading")
    document.add_text("a < b")
    document.add_list([("name", "text")])
    document.add_table([["x"], ["1"]], "caption")
    document.add_figure("figure", plot_style.new_figure(2, 2)[0], "plot", "2 %")
    document.add_image("image.png", b"\x89PNG", "photographs")
    with document.folded("more"):
        document.add_preformatted("<pre>")
    html, markdown = write(document, tmp_path)
    for text in (
        "<h1>&lt;title&gt;</h1>",
        "<h2>heading</h2>",
        "<h3>subheading</h3>",
        "a &lt; b",
        "<b>name</b>: text",
        "<tr><th>x</th></tr><tr><td>1</td></tr>",
        "<figcaption>plot</figcaption>",
        'alt="2\N{NO-BREAK SPACE}%" src="data:image/svg+xml;base64,',
        'alt="photographs" src="data:image/png;base64,',
        "<summary>more</summary>",
        "&lt;pre&gt;</pre></details>",
    ):
        assert text in html.replace("\n", "")
    assert (tmp_path / "figure.svg").read_text().startswith("<svg")
    assert "| x |" in markdown
    assert "![2 %](figure.svg)" in markdown
    assert "![photographs](image.png)" in markdown
    assert "## more" in markdown


def test_add_table_drops_empty_columns_and_grays_rows(tmp_path):
    document = Document("title")
    rows = [["a", "b", "c"], ["x", "", "1"], ["y", "", "+2 (one seed)"]]
    document.add_table(rows, muted=[2])
    html, markdown = write(document, tmp_path)
    assert "| a | c |\n|---|---|\n| x | 1 |" in markdown
    assert (
        '<tr><th class="text">a</th><th>c</th></tr>'
        '<tr><td class="text">x</td><td>1</td></tr>'
        '<tr class="muted"><td class="text">y</td><td>+2 (one seed)</td></tr>'
    ) in html


def test_add_answer_shows_sentences_and_the_next_command(tmp_path):
    document = Document("title")
    document.add_answer(
        Answer(
            "Cannot tell a from b.",
            "unclear",
            (("unclear", "a < b"),),
            ("a note",),
            "Next:",
            "python -m x",
        )
    )
    html, markdown = write(document, tmp_path)
    assert '<section class="answer unclear">' in html
    assert '<li class="unclear">' in html
    assert (
        '<pre class="command"><span>python</span> <span>-m</span> '
        "<span>x</span></pre>" in html
    )
    assert markdown.startswith("**Cannot tell a from b.**\n\n- a &lt; b\n")
    assert "```sh\npython -m x\n```" in markdown


def test_document_holds_plotly_only_with_a_chart(tmp_path):
    document = Document("title")
    figure = plot_style.new_figure(2, 2)[0]
    document.add_figure("a", figure, "plot")
    html, _ = write(document, tmp_path)
    assert "plotly" not in html
    chart = {"data": [{"x": [1], "name": "</script>"}], "layout": {}}
    document.add_figure("b", figure, "plot", chart=chart)
    html, _ = write(document, tmp_path)
    assert "plotly.js (basic" in html
    assert '{"x":[1],"name":"\\u003c/script>"}' in html
    assert '<div class="interactive" id="b" role="img"' in html
