"""What `--export` names: exports, work directories, .keras files."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path

from seal_tf.commands.exporting import export_keras, is_of_run
from seal_tf.probes.network import Network, load_network


@dataclasses.dataclass(frozen=True)
class Subject:
    """One of the networks to be probed.

    Args:
        name: What tables and figures call it.
        given: What the user gave.
        export: Folder of its SavedModel; None for a .keras file that has
            not been exported yet.
        keras: Its .keras file, where there is one.
        workdir: Its work directory, where there is one.
    """

    name: str
    given: Path
    export: Path | None
    keras: Path | None
    workdir: Path | None

    def cache_dir(self, flags) -> Path:
        """Where its features are kept: beside the export."""
        if flags.cache_dir:
            return Path(flags.cache_dir)
        beside = self.export or self.keras or self.given
        return beside.with_name(f"{beside.stem}_features")

    def card(self) -> dict:
        """What is known of it without loading it."""
        folder = self.export or (self.workdir and self.workdir / "export")
        file = folder and folder / "card.json"
        return json.loads(file.read_text()) if file and file.exists() else {}

    def network(self, flags) -> Network:
        """Loads it; a .keras file is exported first, into the cache."""
        export = self.export
        if export is None:
            export = self._exported(flags)
        return load_network(export, self.name)

    def _exported(self, flags):
        how = [flags.preprocessing, flags.taps, flags.tap_pooling]
        how = repr([*how, flags.image_size]).encode()
        key = hashlib.sha256(self.keras.read_bytes() + how).hexdigest()[:16]
        folder = self.cache_dir(flags) / f"export-{key}"
        if not folder.exists():
            print(f"exporting {self.keras} to {folder}", flush=True)
            folder.parent.mkdir(parents=True, exist_ok=True)
            export_keras(
                self.keras,
                folder,
                preprocessing=flags.preprocessing,
                taps=flags.taps.split(","),
                pool=flags.tap_pooling,
                image_size=flags.image_size,
                flag="--export",
            )
        return folder


def subjects(paths) -> list[Subject]:
    """The networks that `--export` names, with names of their own.

    Raises:
        ValueError: something is none of what can be probed.
    """
    found = [_subject(Path(path)) for path in paths]
    names = [s.name for s in found]
    for depth in range(1, 8):
        if len(set(names)) == len(names):
            break
        names = [_longer(s, depth) for s in found]
    else:
        raise ValueError(
            f"--export={','.join(map(str, paths))}: one network twice."
        )
    return [
        dataclasses.replace(s, name=name)
        for s, name in zip(found, names, strict=True)
    ]


def _longer(subject, depth):
    parts = (subject.workdir or subject.given).resolve().parts
    return "/".join(parts[-depth - 1 :])


def _subject(path):
    if path.suffix == ".keras":
        if not path.is_file():
            raise ValueError(f"--export={path}: no such file.")
        workdir = path.parent if is_of_run(path) else None
        return Subject(path.stem, path, None, path, workdir)
    if not path.is_dir():
        raise ValueError(
            f"--export={path}: no such folder; give the folder of an export, "
            "a work directory or a .keras file."
        )
    if (path / "saved_model.pb").exists():
        workdir = path.parent if (path.parent / "flags.txt").exists() else None
        name = path.name
        if workdir is not None:
            name = workdir.resolve().name
        return Subject(name, path, path, _model_of(workdir), workdir)
    if not (path / "export" / "saved_model.pb").exists():
        raise ValueError(
            f"--export={path}: neither an export (no saved_model.pb) nor a "
            "work directory of a finished run (no export/)."
        )
    name = path.resolve().name
    return Subject(name, path, path / "export", _model_of(path), path)


def _model_of(workdir):
    file = workdir / "model.keras" if workdir else None
    return file if file and file.exists() else None
