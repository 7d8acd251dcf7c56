"""Reports of files that a source does not read."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Sequence
from pathlib import PurePosixPath


@dataclasses.dataclass(frozen=True)
class Omission:
    """Files or folders of one kind that are not part of a split.

    Args:
        count: Number of files or folders.
        description: What they are, as a plural.
        example: Location of the first one.

    Example:
        >>> from pipelines.omissions import Omission
        >>> print(Omission(3, "files that are not images", "a/notes.txt"))
        3 files that are not images; the first is a/notes.txt
    """

    count: int
    description: str
    example: str

    def __str__(self) -> str:
        return f"{self.count:,} {self.description}; the first is {self.example}"


def count_suffixes(names: Sequence[str], limit: int = 5) -> str:
    """Count file names by suffix.

    Args:
        names: Names of files.
        limit: Number of suffixes to list, the most frequent ones. Defaults
            to 5.

    Returns:
        The suffixes and their counts.

    Example:
        >>> from pipelines.omissions import count_suffixes
        >>> count_suffixes(["a.txt", "b.TXT", "c.heic", "readme"])
        '.txt 2, .heic 1, no suffix 1'
    """
    counts = collections.Counter(
        PurePosixPath(name).suffix.lower() or "no suffix" for name in names
    ).most_common()
    listed = ", ".join(f"{suffix} {n:,}" for suffix, n in counts[:limit])
    return listed + (", …" if len(counts) > limit else "")
