"""Short names of paths that differ."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def distinct_names(paths: Sequence[Path]) -> list[str]:
    """Name each path by its last part, and by parents where names are equal.

    Args:
        paths: The paths.

    Returns:
        The names, in order. They differ if the paths do.

    Example:
        >>> from pathlib import Path
        >>> from seal_tf.utils.distinct_names import distinct_names
        >>> distinct_names([Path("/a/run"), Path("/b/run"), Path("/b/other")])
        ['a/run', 'b/run', 'other']
    """
    parts = [path.resolve().parts for path in paths]
    lengths = [1] * len(parts)
    while True:
        names = ["/".join(p[-n:]) for p, n in zip(parts, lengths, strict=True)]
        equal = [
            i
            for i, name in enumerate(names)
            if names.count(name) > 1 and lengths[i] < len(parts[i])
        ]
        if not equal:
            return names
        for i in equal:
            lengths[i] += 1
