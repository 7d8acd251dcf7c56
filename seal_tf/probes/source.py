"""Where the files of a probed network are."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any


def network_suffix(path: Path) -> str:
    """Return what the names of one network of a run end with.

    Args:
        path: `model{suffix}.keras`, or `export{suffix}`.

    Returns:
        The suffix: "" for the main network, "_averaged", ….
    """
    name = path.name.removesuffix(".keras")
    return name.removeprefix("model").removeprefix("export")


@dataclasses.dataclass(frozen=True)
class NetworkSource:
    """The files of one network to probe.

    Args:
        name: Name in tables and figures.
        path: The export, work directory or .keras file that the user gave.
        export: Folder of its SavedModel; None for a .keras file without one.
        keras_file: Its .keras file, if it has one.
        workdir: Its work directory, if it has one.
    """

    name: str
    path: Path
    export: Path | None
    keras_file: Path | None
    workdir: Path | None

    def default_cache_folder(self) -> Path:
        """Return the folder for its features, beside the export."""
        origin = self.export or self.keras_file or self.path
        if origin.name in ("", ".."):
            origin = origin.resolve()
        name = origin.name.removesuffix(".keras")
        return origin.with_name(f"{name}_features")

    def read_card(self) -> dict[str, Any]:
        """Read its `card.json`; an empty dict if it has none."""
        folder = self.export
        if folder is None and self.workdir:
            suffix = network_suffix(self.keras_file) if self.keras_file else ""
            folder = self.workdir / f"export{suffix}"
        file = folder and folder / "card.json"
        return json.loads(file.read_text()) if file and file.exists() else {}
