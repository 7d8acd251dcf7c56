"""Patch attributes of objects and restore them afterwards."""

from __future__ import annotations

import functools
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

    def wrap(
        self,
        owner: object,
        name: str,
        wrapper: Callable[..., Any],
        innermost: bool = False,
    ) -> None:
        """Wrap the method `owner.name` until `restore`.

        Several patchers can wrap the same method, and restore it in any
        order.

        Args:
            owner: The object.
            name: Name of the method.
            wrapper: Function of (wrapped method, *arguments).
            innermost: Whether to wrap the method inside of all other
                wrappers, instead of outside.
        """
        chain = vars(owner).get(name)
        if not isinstance(chain, _WrappedMethod):
            chain = _WrappedMethod(owner, name)
            object.__setattr__(owner, name, chain)
        chain.wrappers.insert(0 if innermost else len(chain.wrappers), wrapper)
        self.add_cleanup(functools.partial(chain.remove, wrapper))

    def add_cleanup(self, action: Callable[[], object]) -> None:
        """Call `action` during `restore`, too."""
        self._undo.append((action, ()))

    def restore(self) -> None:
        """Restore every attribute, the latest patch first."""
        while self._undo:
            action, arguments = self._undo.pop()
            action(*arguments)


class _WrappedMethod:
    """A method with wrappers, from the inside out."""

    def __init__(self, owner: object, name: str) -> None:
        self._owner, self._name = owner, name
        self._was_patched = name in vars(owner)
        self._original = getattr(owner, name)
        self.wrappers: list[Callable[..., Any]] = []

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        call = self._original
        for wrapper in self.wrappers:
            call = functools.partial(wrapper, call)
        return call(*args, **kwargs)

    def remove(self, wrapper: Callable[..., Any]) -> None:
        """Remove a wrapper; after the last one, restore the attribute."""
        # By identity: partial functions of equal parts would not compare.
        self.wrappers = [w for w in self.wrappers if w is not wrapper]
        if self.wrappers or vars(self._owner).get(self._name) is not self:
            return
        if self._was_patched:
            object.__setattr__(self._owner, self._name, self._original)
        else:
            vars(self._owner).pop(self._name)
