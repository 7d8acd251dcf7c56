"""Flag files that the package contains: --flagfile=seal:NAME."""

from __future__ import annotations

from pathlib import Path

#: In a clone a link to the folder `configs`; in a wheel the files.
FOLDER = Path(__file__).parent.parent / "configs"
PREFIX = "seal:"


def names() -> list[str]:
    """Return the names of the files."""
    return sorted(path.stem for path in FOLDER.glob("*.flags"))


def resolve(arguments: list[str]) -> list[str]:
    """Replace `seal:NAME` in the words of a command line by paths.

    Raises:
        ValueError: If the package has no such file.
    """
    resolved: list[str] = []
    for word in arguments:
        flag, equals, value = word.rpartition("=")
        is_value = bool(resolved) and resolved[-1].lstrip("-") == "flagfile"
        if (flag.lstrip("-") == "flagfile" or is_value) and value.startswith(
            PREFIX
        ):
            word = flag + equals + str(_path(value.removeprefix(PREFIX)))
        resolved.append(word)
    return resolved


def _path(name: str) -> Path:
    path = FOLDER / f"{name.removesuffix('.flags')}.flags"
    if not path.is_file():
        raise ValueError(
            f"--flagfile={PREFIX}{name}: no such file in the package. "
            f"Available: {', '.join(names())}"
        )
    return path
