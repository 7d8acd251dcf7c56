"""Find the networks that `--export` names."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from seal_tf.cli.export.keras_file import is_model_of_run
from seal_tf.probes.source import NetworkSource


def find_networks(paths: Sequence[str | Path]) -> list[NetworkSource]:
    """Find networks and assign different names to them.

    Args:
        paths: Exports, work directories and .keras files.

    Returns:
        The networks, in order.

    Raises:
        ValueError: A path is none of these, or a network occurs twice.
    """
    sources = [_find_network(Path(path)) for path in paths]
    names = [source.name for source in sources]
    for depth in range(1, 8):
        if len(set(names)) == len(names):
            break
        names = [_name_with_parents(source, depth) for source in sources]
    else:
        raise ValueError(
            "Argument `export` must name different networks. Received: one "
            f"network twice in export={','.join(map(str, paths))}."
        )
    return [
        dataclasses.replace(source, name=name)
        for source, name in zip(sources, names, strict=True)
    ]


def _name_with_parents(source: NetworkSource, depth: int) -> str:
    parts = (source.workdir or source.path).resolve().parts
    return "/".join(parts[-depth - 1 :])


def _find_network(path: Path) -> NetworkSource:
    if path.suffix == ".keras":
        if not path.is_file():
            raise ValueError(
                "Argument `export` must name files that exist. Received: "
                f"export={path}: no such file."
            )
        workdir = path.parent if is_model_of_run(path) else None
        return NetworkSource(path.stem, path, None, path, workdir)
    if not path.is_dir():
        raise ValueError(
            "Argument `export` must name exports, work directories or .keras "
            f"files. Received: export={path}: no such folder."
        )
    if (path / "saved_model.pb").exists():
        workdir = path.parent if (path.parent / "flags.txt").exists() else None
        name = path.name
        if workdir is not None:
            name = workdir.resolve().name
        return NetworkSource(name, path, path, _keras_file(workdir), workdir)
    if not (path / "export" / "saved_model.pb").exists():
        raise ValueError(
            f"Argument `export` must name exports or work directories. "
            f"Received: export={path}, which is neither an export "
            "(saved_model.pb is missing) nor a work directory of a finished "
            "run (export/ is missing)."
        )
    name = path.resolve().name
    return NetworkSource(name, path, path / "export", _keras_file(path), path)


def _keras_file(workdir: Path | None) -> Path | None:
    file = workdir / "model.keras" if workdir else None
    return file if file and file.exists() else None
