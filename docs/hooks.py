"""Hooks of MkDocs: the navigation lists every method card."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def on_config(config: Any) -> Any:
    """Replace the entry "Methods" by the cards of docs/methods."""
    folder = Path(config["docs_dir"]) / "methods"
    cards = sorted(path.name for path in folder.glob("*.md"))
    cards.sort(key=lambda name: name != "README.md")
    for entry in config["nav"]:
        if isinstance(entry, dict) and "Methods" in entry:
            entry["Methods"] = [f"methods/{name}" for name in cards]
    return config
