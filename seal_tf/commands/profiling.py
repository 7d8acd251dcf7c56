"""`--profile_steps`: which steps TensorBoard profiles."""

from __future__ import annotations

import re


def steps(flags) -> tuple[int, int] | None:
    """(first, last) step to profile, from 1; None: none.

    Raises:
        ValueError: the flag is no such pair.
    """
    asked = flags.profile_steps
    if asked is None:
        return None
    match = re.fullmatch(r"(\d+):(\d+)", asked)
    first, last = map(int, match.groups()) if match else (0, 0)
    if not 1 <= first <= last:
        raise ValueError(
            f"--profile_steps={asked}: give the first step and the last, "
            "from 1, as in --profile_steps=10:20."
        )
    return first, last
