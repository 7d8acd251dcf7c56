"""The flags of methods."""

from __future__ import annotations

import dataclasses
import functools
import typing
from collections.abc import Callable, Mapping, Sequence

from absl import flags as absl_flags

from seal_tf.schedules import METHODS, Schedule

#: For each flag, the (method, field) pairs that it sets.
MethodFields = dict[
    str, list[tuple[type[Schedule], "dataclasses.Field[typing.Any]"]]
]


def define_schedule_flags(flags: absl_flags.FlagValues) -> None:
    """Define the flags that select a method, and those that methods share."""
    absl_flags.DEFINE_string(
        "method",
        None,
        f"training method: {', '.join(METHODS)}; several joined by +, as in "
        "seal+snapshots (default: normal for one generation, else seal)",
        flag_values=flags,
    )
    absl_flags.DEFINE_integer(
        "generations", 1, "G: number of generations", 1, flag_values=flags
    )
    absl_flags.DEFINE_integer(
        "epochs_per_generation",
        160,
        "E: epochs per generation",
        1,
        flag_values=flags,
    )
    absl_flags.DEFINE_string(
        "split_at",
        None,
        "where early layers end: the name (or the start of the name) of the "
        "first later layer, or the fraction of layers that are early "
        "(default: the split of the papers for the network)",
        flag_values=flags,
    )
    for name, owners in method_fields().items():
        if len(owners) > 1:
            _define_field(flags, name, *owners[0])


def method_flag_definers() -> dict[
    str, Callable[[absl_flags.FlagValues], None]
]:
    """Return a function that defines the flags of one method, by title."""
    by_method: dict[str, list[str]] = {}
    fields = method_fields()
    for name, owners in fields.items():
        if len(owners) == 1:
            by_method.setdefault(owners[0][0].name, []).append(name)

    def define(names: list[str], flags: absl_flags.FlagValues) -> None:
        for name in names:
            _define_field(flags, name, *fields[name][0])

    return {
        f"method {method}": functools.partial(define, names)
        for method, names in by_method.items()
    }


def _define_field(
    flags: absl_flags.FlagValues,
    name: str,
    cls: type[Schedule],
    field: dataclasses.Field[typing.Any],
) -> None:
    text, choices = field.metadata["help"], field.metadata["choices"]
    default: typing.Any = field.default
    if choices:
        absl_flags.DEFINE_enum(
            name, default, list(choices), text, flag_values=flags
        )
    elif field.metadata["allowed_strings"]:
        absl_flags.DEFINE(
            _NumberOrString(field.metadata["allowed_strings"]),
            name,
            default,
            text,
            flag_values=flags,
        )
    else:
        _DEFINERS[_field_type(cls, field)](
            name, default, text, flag_values=flags
        )


class _NumberOrString(absl_flags.ArgumentParser):  # type: ignore[type-arg]
    """Parser of a number, or one of some strings."""

    def __init__(self, strings: Sequence[str]) -> None:
        super().__init__()
        self._strings = strings

    def parse(self, argument: str | float) -> str | float:
        """Parse the argument."""
        if argument in self._strings:
            return argument
        try:
            return float(argument)
        except ValueError as error:
            raise ValueError(
                f"must be a number or {' or '.join(self._strings)}"
            ) from error

    def flag_type(self) -> str:
        """Return the type for `--help`."""
        return f"a number or {' or '.join(self._strings)}"


_DEFINERS: dict[type, typing.Any] = {
    bool: absl_flags.DEFINE_bool,
    int: absl_flags.DEFINE_integer,
    float: absl_flags.DEFINE_float,
    str: absl_flags.DEFINE_string,
}


def _field_type(
    cls: type[Schedule], field: dataclasses.Field[typing.Any]
) -> type:
    """The type of a field, without None."""
    hint = typing.get_type_hints(cls)[field.name]
    return next(t for t in (hint, *typing.get_args(hint)) if t in _DEFINERS)


def method_fields() -> MethodFields:
    """Return the fields that methods declare as flags, by flag."""
    fields: MethodFields = {}
    for cls in METHODS.values():
        for field in dataclasses.fields(cls):  # type: ignore[arg-type]
            if "help" in field.metadata:
                name = field.metadata["flag"] or f"{cls.name}_{field.name}"
                fields.setdefault(name, []).append((cls, field))
    return fields


def has_effect(name: str, method: str) -> bool:
    """Return whether a flag of `seal_tf.train` has an effect on a method.

    Args:
        name: Name of the flag.
        method: Name of the method, or of several joined by +.

    Example:
        >>> from seal_tf.cli.train.method_flags import has_effect
        >>> has_effect("sam_rho", "sam"), has_effect("sam_rho", "llf+swa")
        (True, False)
    """
    classes = [METHODS[n] for n in method.split("+") if n in METHODS]
    if name == "split_at":
        return any(
            field.name == name
            for cls in classes
            for field in dataclasses.fields(cls)  # type: ignore[arg-type]
        )
    owners = method_fields().get(name)
    return owners is None or any(cls in classes for cls, _ in owners)


def requirement(name: str) -> tuple[str, str] | None:
    """Return the (flag, value) that a flag needs to have an effect, or None.

    Args:
        name: Name of the flag.
    """
    owners = method_fields().get(name)
    if not owners:
        return None
    required: tuple[str, str] | None = owners[0][1].metadata["requires"]
    return required


#: For flags of no method: another flag, and whether its value lets the flag
#: have an effect.
NEEDED: dict[str, tuple[str, Callable[[typing.Any], bool]]] = {
    "momentum": ("optimizer", lambda name: name == "sgd"),
    "nesterov": ("optimizer", lambda name: name == "sgd"),
    "randaugment_magnitude": ("randaugment", lambda count: count > 0),
    "max_rollbacks": ("on_divergence", lambda action: action == "rollback"),
    "sync_batch_norm": ("strategy", lambda strategy: strategy != "none"),
}


def cause_of_no_effect(
    name: str, values: Mapping[str, typing.Any]
) -> str | None:
    """Return the flag whose value leaves another flag without an effect.

    Args:
        name: Name of the other flag.
        values: The value of every flag, by name.

    Returns:
        Its name; None if the other flag has an effect.
    """
    if not has_effect(name, str(values["method"])):
        return "method"
    required = requirement(name)
    if required is not None and values[required[0]] != required[1]:
        return required[0]
    if name in NEEDED:
        other, lets = NEEDED[name]
        return None if lets(values[other]) else other
    return None


def flag_of_argument(flags: absl_flags.FlagValues) -> dict[str, str]:
    """Return the name of the flag of each argument, for error messages."""
    names = {name: name for name in flags}
    for name, owners in method_fields().items():
        names.setdefault(owners[0][1].name, name)
    return names | {
        "fraction": "val_from_train",
        "cycles": "generations",
        "weight_decay_timescale": "l2_timescale",
    }
