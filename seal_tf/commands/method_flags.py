"""The flags of methods: which one, its generations, and what it brings."""

from __future__ import annotations

import dataclasses
import typing

from absl import flags

from seal_tf.schedules import METHODS


def define(values) -> None:
    """Defines them on `values`."""
    flags.DEFINE_string(
        "method",
        "seal",
        f"how to train: {', '.join(METHODS)}; several joined by +, as in "
        "seal+snapshots",
        flag_values=values,
    )
    flags.DEFINE_integer(
        "generations", 1, "G: generations of the run", 1, flag_values=values
    )
    flags.DEFINE_integer(
        "epochs_per_generation",
        160,
        "E: epochs of a generation",
        1,
        flag_values=values,
    )
    flags.DEFINE_string(
        "split_at",
        None,
        "where early layers end: the name, or its beginning, of the first "
        "later layer, or the share of layers that are early (default: where "
        "the papers cut such a network)",
        flag_values=values,
    )
    for name, owners in method_flags().items():
        cls, field = owners[0]
        text, choices = field.metadata["help"], field.metadata["choices"]
        default: typing.Any = field.default
        if choices:
            flags.DEFINE_enum(
                name, default, list(choices), text, flag_values=values
            )
        elif field.metadata["words"]:
            flags.DEFINE(
                _NumberOr(field.metadata["words"]),
                name,
                default,
                text,
                flag_values=values,
            )
        else:
            _DEFINERS[_type(cls, field)](
                name, default, text, flag_values=values
            )


class _NumberOr(flags.ArgumentParser):
    """A number, or one of some words."""

    def __init__(self, words):
        super().__init__()
        self._words = words

    def parse(self, argument):
        if argument in self._words:
            return argument
        try:
            return float(argument)
        except ValueError as error:
            raise ValueError(
                f"neither a number nor {' or '.join(self._words)}"
            ) from error

    def flag_type(self):
        return f"a number or {' or '.join(self._words)}"


_DEFINERS: dict[type, typing.Any] = {
    bool: flags.DEFINE_bool,
    int: flags.DEFINE_integer,
    float: flags.DEFINE_float,
    str: flags.DEFINE_string,
}


def _type(cls, field):
    """The type of a field, without its None."""
    hint = typing.get_type_hints(cls)[field.name]
    return next(t for t in (hint, *typing.get_args(hint)) if t in _DEFINERS)


def method_flags() -> dict[str, list[tuple[type, dataclasses.Field]]]:
    """Flags that methods bring themselves: their (method, field) by flag."""
    found: dict[str, list] = {}
    for cls in METHODS.values():
        for field in dataclasses.fields(cls):
            if "help" in field.metadata:
                name = field.metadata["flag"] or f"{cls.name}_{field.name}"
                found.setdefault(name, []).append((cls, field))
    return found
