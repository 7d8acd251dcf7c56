"""Attributes lent to an object for a while, and taken back."""


class Loans:
    """Sets attributes on instances and undoes it.

    Nothing is tracked by Keras on the way (`object.__setattr__`): a file
    that is saved meanwhile knows nothing of what was lent.
    """

    def __init__(self):
        self._undo = []

    def lend(self, owner, name, value):
        """Sets `owner.name` until `take_back`."""
        if name in vars(owner):
            self._undo.append(
                (object.__setattr__, (owner, name, vars(owner)[name]))
            )
        else:
            self._undo.append((vars(owner).pop, (name, None)))
        object.__setattr__(owner, name, value)

    def also(self, action):
        """Has `action()` called at `take_back`, too."""
        self._undo.append((action, ()))

    def take_back(self):
        """Puts everything back as it was, the latest first."""
        while self._undo:
            action, arguments = self._undo.pop()
            action(*arguments)
