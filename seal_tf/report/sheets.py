"""Contact sheets: rows of small images, each with a line or two."""

from __future__ import annotations

from seal_tf import style
from seal_tf.files import write_bytes


def write(path, rows: dict[str, list[tuple]], title: str) -> None:
    """Writes a contact sheet as PNG.

    Args:
        path: The file.
        rows: For each row's name, its (uint8 image, text) in order.
        title: What stands above.
    """
    columns = max(len(row) for row in rows.values())
    drawn, axes = style.figure(
        1.05 * columns + 1, 1.45 * len(rows) + 0.5, len(rows), columns
    )
    axes = axes.reshape(len(rows), columns)
    for line, (name, row) in zip(axes, rows.items(), strict=True):
        for ax in line:
            ax.axis("off")
        for ax, (image, text) in zip(line, row, strict=False):
            if image.shape[-1] == 1:
                ax.imshow(image[..., 0], cmap="gray", vmin=0, vmax=255)
            else:
                ax.imshow(image)
            ax.set_title(_short(text), fontsize=7)
        line[0].text(
            -0.15,
            0.5,
            name,
            rotation=90,
            ha="right",
            va="center",
            transform=line[0].transAxes,
        )
    drawn.suptitle(title, fontsize=9)
    write_bytes(path, style.png(drawn))


def _short(text, width=16):
    lines = text.split("\n")
    return "\n".join(
        line if len(line) <= width else line[: width - 1] + "…"
        for line in lines
    )
