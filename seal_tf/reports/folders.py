"""Find the folders of runs and probe results that a user names."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from seal_tf.probes.registry import PROBES

#: Files of which one is in every folder of probe results.
_PROBE_FILES = tuple(f"{probe}.json" for probe in PROBES)
#: Files of runs that are not finished, which must not be passed over.
_UNFINISHED = ("metrics.jsonl", "flags.txt")
#: The result that a run writes of its own ensemble, before its summary.
_ENSEMBLE = "ensemble.json"


def find_folders(
    patterns: Iterable[str | Path],
) -> tuple[list[Path], list[Path]]:
    """Find folders by name, by pattern, or in a folder that contains them.

    Args:
        patterns: Names of folders, and patterns with `*`, `?`, `[]` or `**`.

    Returns:
        (folders, unfinished). The folders, each once, are in the order of the
        patterns and then of their names. A folder without results stands for
        the folders with results in it and in its folders, such as the runs
        of `--seeds`. A name without
        results is returned as it is, so that the reader can explain what is
        missing. Runs that a pattern or a containing folder matches and that
        are not finished are in the second list.

    Raises:
        ValueError: A pattern matches no folder with results.
    """
    folders: list[Path] = []
    unfinished: list[Path] = []
    for pattern in map(str, patterns):
        if Path(pattern).exists() or not glob.has_magic(pattern):
            matches = [Path(pattern)]
            if _is_run(Path(pattern)) or not Path(pattern).is_dir():
                folders += matches
                continue
        else:
            matches = _match(pattern)
        candidates = [c for m in matches for c in _candidates(m)]
        results = [c for c in candidates if _has_results(c)]
        unfinished += [c for c in candidates if c not in results]
        if not results and glob.has_magic(pattern):
            raise ValueError(
                "Argument `runs` must name folders of finished runs or of "
                f"probe results. Received: {pattern!r}, which matches none."
            )
        folders += results or matches
    return list(dict.fromkeys(folders)), list(dict.fromkeys(unfinished))


def _match(pattern: str) -> list[Path]:
    """Return the folders that a pattern matches, in natural order."""
    path = Path(pattern)
    matches = Path(path.anchor).glob(str(path.relative_to(path.anchor)))
    return sorted(
        (match for match in matches if match.is_dir()),
        key=lambda match: _natural_order(str(match)),
    )


def _natural_order(name: str) -> list[tuple[bool, int, str]]:
    """Return a sort key by which seed 10 follows seed 9."""
    parts: list[str] = []
    for character in name:
        if parts and parts[-1][-1].isdigit() == character.isdigit():
            parts[-1] += character
        else:
            parts.append(character)
    return [
        (p.isdigit(), int(p) if p.isdigit() and p.isascii() else 0, p)
        for p in parts
    ]


def _candidates(folder: Path) -> list[Path]:
    """Return a folder of a run or of results, or those that it contains."""
    if _is_run(folder):
        return [folder]
    inner: list[Path] = []
    for path in _subfolders(folder):
        inner += [path] if _is_run(path) else filter(_is_run, _subfolders(path))
    return sorted(
        inner, key=lambda path: _natural_order(str(path.relative_to(folder)))
    )


def _subfolders(folder: Path) -> list[Path]:
    """Return the folders in a folder; none if it cannot be read."""
    try:
        return [path for path in folder.iterdir() if path.is_dir()]
    except PermissionError:
        return []


def _is_run(folder: Path) -> bool:
    return _has_results(folder) or _has(folder, _UNFINISHED)


def _has_results(folder: Path) -> bool:
    files = _PROBE_FILES
    if _has(folder, _UNFINISHED):
        files = tuple(name for name in files if name != _ENSEMBLE)
    return _has(folder, ("summary.json", *files))


def _has(folder: Path, names: Sequence[str]) -> bool:
    return any((folder / name).is_file() for name in names)


def default_folder(folders: Sequence[Path]) -> Path:
    """Return the folder of a report: `report` beside the runs.

    Args:
        folders: At least one folder of a run or of probe results.

    Returns:
        `report` in the lowest folder that contains all of them.
    """
    parents = [folder.resolve().parent for folder in folders]
    return Path(os.path.commonpath(parents)) / "report"
