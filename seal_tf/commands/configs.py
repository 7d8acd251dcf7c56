"""Flag files that come along: --flagfile=seal:NAME on the command line."""

from __future__ import annotations

from pathlib import Path

#: In a clone a link to the folder `configs` there; in a wheel the files.
FOLDER = Path(__file__).parent.parent / "configs"
PREFIX = "seal:"


def names() -> list[str]:
    """What there is, as in `--flagfile=seal:NAME`."""
    return sorted(path.stem for path in FOLDER.glob("*.flags"))


def found(words: list[str]) -> list[str]:
    """Words of a command line, with the paths of flag files that come along.

    Raises:
        ValueError: none of that name comes along.
    """
    made: list[str] = []
    for word in words:
        flag, equals, value = word.rpartition("=")
        after = made and made[-1].lstrip("-") == "flagfile"
        if (flag.lstrip("-") == "flagfile" or after) and value.startswith(
            PREFIX
        ):
            word = flag + equals + str(_path(value.removeprefix(PREFIX)))
        made.append(word)
    return made


def _path(name):
    path = FOLDER / f"{name.removesuffix('.flags')}.flags"
    if not path.is_file():
        raise ValueError(
            f"--flagfile={PREFIX}{name}: seal_tf brings {', '.join(names())}."
        )
    return path
