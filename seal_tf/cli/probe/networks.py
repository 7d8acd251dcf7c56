"""Find the networks that `--export` names."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from seal_tf.cli.export.keras_file import is_model_of_run
from seal_tf.probes.source import NetworkSource, network_suffix
from seal_tf.utils.distinct_names import distinct_names

#: Flags of the export that a probe makes of a .keras file.
EXPORT_FLAGS = ("taps", "tap_pooling", "preprocessing")


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
    if len(set(names)) < len(names):
        names = distinct_names([_path_to_name(source) for source in sources])
    if len(set(names)) < len(names):
        raise ValueError(
            "Argument `export` must name different networks. Received: one "
            f"network twice in export={','.join(map(str, paths))}."
        )
    return [
        dataclasses.replace(source, name=name)
        for source, name in zip(sources, names, strict=True)
    ]


def describe_other_exports(sources: Sequence[NetworkSource]) -> list[str]:
    """Describe networks of the same runs that are not among the given ones.

    A work directory stands for its `export`, which is not the average that
    SWA is for.

    Args:
        sources: The networks.

    Returns:
        A line for each work directory with other networks that have features.
    """
    given = {source.export.resolve() for source in sources if source.export}
    lines = []
    for source in sources:
        if source.export is None or source.path != source.workdir:
            continue
        others = [
            str(file.parent)
            for file in sorted(source.workdir.glob("export_*/saved_model.pb"))
            if file.parent.resolve() not in given and _has_features(file.parent)
        ]
        if others:
            lines.append(
                f"{source.name}: other networks of this run: "
                f"--export={','.join(others)}"
            )
    return lines


def _has_features(export: Path) -> bool:
    # An ensemble of snapshots has none.
    return "features" in _find_network(export).read_card().get("endpoints", ())


def check_export_flags(
    present: Sequence[str], networks: Sequence[NetworkSource]
) -> None:
    """Check that a network uses the flags that describe an export.

    Args:
        present: Names of flags on the command line.
        networks: The networks.

    Raises:
        ValueError: All networks are exported already.
    """
    if any(source.export is None for source in networks):
        return
    for name in EXPORT_FLAGS:
        if name in present:
            raise ValueError(
                f"Argument `{name}` has no effect: the networks are exported "
                "already. Omit it, or pass their .keras files to `export` or "
                f"to seal_tf.export. Received: {name} with "
                f"export={networks[0].path}."
            )


def _path_to_name(source: NetworkSource) -> Path:
    """Return a path whose last part is the name of the network."""
    path = source.path.resolve()
    if source.workdir and source.export:
        path = source.workdir.resolve()
    return path.with_name(source.name)


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
        is_of_run = (
            path.name.startswith("export")
            and (path.parent / "flags.txt").exists()
        )
        if not is_of_run:
            return NetworkSource(path.resolve().name, path, path, None, None)
        workdir, suffix = path.parent, network_suffix(path)
        name = workdir.resolve().name + suffix
        file = _keras_file(workdir, suffix)
        return NetworkSource(name, path, path, file, workdir)
    if not (path / "export" / "saved_model.pb").exists():
        raise ValueError(
            f"Argument `export` must name exports or work directories. "
            f"Received: export={path}, which is neither an export "
            "(saved_model.pb is missing) nor a work directory of a finished "
            "run (export/ is missing)."
        )
    name = path.resolve().name
    return NetworkSource(name, path, path / "export", _keras_file(path), path)


def _keras_file(workdir: Path, suffix: str = "") -> Path | None:
    # An ensemble has an export, and no file of its own.
    file = workdir / f"model{suffix}.keras"
    return file if file.exists() else None
