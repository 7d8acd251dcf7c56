"""Write contact sheets: lines of small images with captions."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from seal_tf.utils import plot_style
from seal_tf.utils.files import write_text
from seal_tf.utils.plot_colors import LIGHT

#: Images in a line.
_COLUMNS = 6

#: (uint8 image, caption) of each panel, by name of the row.
Panels = dict[str, list[tuple[np.ndarray, str]]]


def write_contact_sheet(path: str | Path, panels: Panels, title: str) -> None:
    """Write a contact sheet as SVG.

    Args:
        path: The file.
        panels: For each row's name, its (uint8 image, caption) in order.
        title: Title of the sheet.
    """
    # Few images a line, so that a narrow page shows them legibly.
    lines = [
        (name if start == 0 else "", row[start : start + _COLUMNS])
        for name, row in panels.items()
        for start in range(0, max(1, len(row)), _COLUMNS)
    ]
    columns = max(len(line) for _, line in lines)
    figure, axes = plot_style.new_figure(
        1.05 * columns + 0.4, 1.45 * len(lines) + 0.4, len(lines), columns
    )
    axes = axes.reshape(len(lines), columns)
    for row_axes, (name, line) in zip(axes, lines, strict=True):
        for ax in row_axes:
            ax.axis("off")
        for ax, (image, caption) in zip(row_axes, line, strict=False):
            if image.shape[-1] == 1:
                image = np.repeat(image, 3, axis=-1)
            # Without interpolation, the file has the image's own pixels.
            ax.imshow(image, interpolation="none")
            ax.set_title(_truncate(caption), fontsize=8)
        row_axes[0].text(
            -0.1,
            0.5,
            name,
            rotation=90,
            ha="right",
            va="center",
            color=LIGHT.ink,
            transform=row_axes[0].transAxes,
        )
    figure.suptitle(title, fontsize=9)
    write_text(path, plot_style.to_svg(figure))


def _truncate(text: str, width: int = 16) -> str:
    return "\n".join(
        line if len(line) <= width else line[: width - 1] + "…"
        for line in text.split("\n")
    )
