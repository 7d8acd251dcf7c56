"""Run a function as soon as a module has been imported."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


def call_after_import(name: str, function: Callable[[], None]) -> None:
    """Call a function once a top-level module has been imported.

    If the module is imported already, the call is immediate. Otherwise the
    next import of the module, from anywhere in the process, makes the call.
    This function does not import the module.

    Args:
        name: Name of the module, without a dot.
        function: The function.
    """
    if name in sys.modules:
        function()
    else:
        sys.meta_path.insert(0, _AfterImport(name, function))


class _AfterImport(MetaPathFinder):
    """Extends the execution of one module by a function."""

    def __init__(self, name: str, function: Callable[[], None]) -> None:
        self._name = name
        self._function = function
        self._is_searching = False

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        if fullname != self._name or self._is_searching:
            return None
        # The other finders search for the module.
        self._is_searching = True
        try:
            spec = importlib.util.find_spec(fullname)
        finally:
            self._is_searching = False
        if spec is None or spec.loader is None:
            return None
        loader, execute = spec.loader, spec.loader.exec_module

        def execute_and_call(module: ModuleType) -> None:
            # The loader becomes an unchanged one before the module can read
            # its own `__spec__`.
            del loader.exec_module
            execute(module)
            if self in sys.meta_path:
                sys.meta_path.remove(self)
                self._function()

        # Patching the loader instead of wrapping it keeps what else it
        # offers, such as resources and source code.
        loader.exec_module = execute_and_call  # type: ignore[method-assign]
        return spec
