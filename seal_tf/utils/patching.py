"""Patch attributes of objects and restore them afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class AttributePatcher:
    """Patch attributes of instances, and restore them in reverse order.

    Keras does not track the patches (they use `object.__setattr__`), so a
    file that is saved meanwhile contains nothing of them.

    Example:
        >>> from seal_tf.utils.patching import AttributePatcher
        >>> class Layer: size = 1
        >>> layer, patcher = Layer(), AttributePatcher()
        >>> patcher.patch(layer, "size", 2)
        >>> layer.size
        2
        >>> patcher.restore()
        >>> layer.size
        1
    """

    def __init__(self) -> None:
        self._undo: list[tuple[Callable[..., object], tuple[Any, ...]]] = []

    def patch(self, owner: object, name: str, value: object) -> None:
        """Set `owner.name` to `value` until `restore`."""
        if name in vars(owner):
            self._undo.append(
                (object.__setattr__, (owner, name, vars(owner)[name]))
            )
        else:
            self._undo.append((vars(owner).pop, (name, None)))
        object.__setattr__(owner, name, value)

    def add_cleanup(self, action: Callable[[], object]) -> None:
        """Call `action` during `restore`, too."""
        self._undo.append((action, ()))

    def restore(self) -> None:
        """Restore every attribute, the latest patch first."""
        while self._undo:
            action, arguments = self._undo.pop()
            action(*arguments)
