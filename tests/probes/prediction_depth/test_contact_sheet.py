"""Contact sheets."""

import numpy as np

from seal_tf.probes.prediction_depth.contact_sheet import (
    _truncate,
    write_contact_sheet,
)


def test_write_contact_sheet_accepts_gray_and_color_images(tmp_path):
    rows = {
        "gray": [(np.zeros((4, 4, 1), "u1"), "a")] * 2,
        "color": [(np.zeros((4, 4, 3), "u1"), "b")],
    }
    write_contact_sheet(tmp_path / "sheet.svg", rows, "title")
    text = (tmp_path / "sheet.svg").read_text()
    assert text.startswith("<svg") and text.count("data:image/png") == 3


def test_write_contact_sheet_breaks_long_rows(tmp_path):
    rows = {
        "row": [(np.zeros((4, 4, 3), "u1"), f"image {i}") for i in range(8)]
    }
    write_contact_sheet(tmp_path / "sheet.svg", rows, "title")
    text = (tmp_path / "sheet.svg").read_text()
    # Six columns of 1.05 inches and a margin, of 72 points an inch.
    assert f'width="{72 * 6.7:.1f}pt"' in text
    assert all(f">image {i}<" in text for i in range(8))
    assert text.count(">row<") == 1


def test_truncate_shortens_each_line():
    assert _truncate("a" * 20 + "\nb", 5) == "aaaa…\nb"
