"""Import every module of this package, so that each method registers itself."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path


def import_methods() -> None:
    """Import the modules of `seal_tf.schedules`."""
    package = __name__.rpartition(".")[0]
    for info in pkgutil.iter_modules([str(Path(__file__).parent)]):
        importlib.import_module(f"{package}.{info.name}")
