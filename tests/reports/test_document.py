"""Documents."""

from seal_tf.reports.document import Document
from seal_tf.utils import plot_style


def test_document_writes_html_markdown_and_figures(tmp_path):
    document = Document("<title>")
    document.add_heading("heading")
    document.add_subheading("subheading")
    document.add_text("a < b")
    document.add_list([("name", "text")])
    document.add_table([["x"], ["1"]], "caption")
    document.add_figure("figure", plot_style.new_figure(2, 2)[0], "plot")
    document.add_details("more", "<pre>")
    file = document.write(tmp_path)
    assert file == tmp_path / "report.html"
    html = file.read_text()
    for text in (
        "<h1>&lt;title&gt;</h1>",
        "<h2>heading</h2>",
        "<h3>subheading</h3>",
        "a &lt; b",
        "<b>name</b>: text",
        "<tr><th>x</th></tr><tr><td>1</td></tr>",
        "<figcaption>plot</figcaption>",
        "<pre>&lt;pre&gt;</pre>",
    ):
        assert text in html
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")
    assert "| x |" in (tmp_path / "results.md").read_text()
