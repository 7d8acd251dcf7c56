"""Headings, tables and figures that a probe contributes to a report."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: One network in the JSON file of a probe: "name", "trained", "results".
Entry = dict[str, Any]
#: Rows of cells; the first row is the header.
Rows = list[list[str]]


@dataclasses.dataclass(frozen=True)
class Subheading:
    """A heading within the section of a probe."""

    text: str


@dataclasses.dataclass(frozen=True)
class Paragraph:
    """A paragraph."""

    text: str


@dataclasses.dataclass(frozen=True)
class Table:
    """A table of text.

    Args:
        rows: Rows of cells; the first row is the header.
        caption: Text below the table.
    """

    rows: Rows
    caption: str = ""


@dataclasses.dataclass(frozen=True)
class FigurePart:
    """A figure.

    Args:
        name: Name of its file, without the suffix.
        figure: The Matplotlib figure.
        caption: Text below the figure.
        alt: The result in words, for readers who do not see the figure. Empty
            takes the caption.
    """

    name: str
    figure: Figure
    caption: str
    alt: str = ""


@dataclasses.dataclass(frozen=True)
class ImagePart:
    """An image that the probe has written.

    Args:
        path: Its file, SVG or PNG.
        caption: Text below the image.
    """

    path: Path
    caption: str


ReportPart = Subheading | Paragraph | Table | FigurePart | ImagePart


@dataclasses.dataclass(frozen=True)
class GroupedResult:
    """The result of a probe on one data set, networks grouped over seeds.

    Args:
        data: What the result reports of its images: "label", "classes", ….
        groups: Entries by name of their group.
        skipped: What the probe could not compute, one line each.
        folder: Folder of the result's file; None if there is no file.
        protocol: How the probe measured.
    """

    data: Mapping[str, Any]
    groups: Mapping[str, list[Entry]]
    skipped: tuple[str, ...] = ()
    folder: Path | None = None
    protocol: str = ""

    @property
    def label(self) -> str:
        """Name of the data set in tables."""
        return self.data["label"]

    def entries(self) -> Iterator[Entry]:
        """Iterate over the entries of all groups."""
        for entries in self.groups.values():
            yield from entries


def training_generations(entries: list[Entry]) -> int | None:
    """Return the number of generations that networks were trained for.

    Args:
        entries: Entries of one group.

    Returns:
        The number, or None if it is unknown.
    """
    return entries[0].get("trained", {}).get("flags", {}).get("generations")


def training_seed(entry: Entry) -> int | None:
    """Return the seed of the training of a network; None if it is unknown.

    Args:
        entry: An entry.
    """
    return entry.get("trained", {}).get("flags", {}).get("seed")


def training_method(entries: list[Entry]) -> str | None:
    """Return the method that networks were trained with.

    Args:
        entries: Entries of one group.

    Returns:
        The method, or None if it is unknown.
    """
    return entries[0].get("trained", {}).get("method")
