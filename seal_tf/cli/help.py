"""Format the help of a command: the flags that matter most, then groups."""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from absl import flags as absl_flags

WIDTH = 80
#: How the value of a flag is shown, by its type in absl.
_VALUES = {
    "string": "TEXT",
    "int": "N",
    "float": "X",
    "comma separated list of strings": "A,B,…",
}


@dataclasses.dataclass(frozen=True)
class HelpLayout:
    """How `--help` orders the flags of a command.

    Args:
        groups: Names of the flags of each group, by title. Other flags are
            in the group "general".
        first: Names of the flags that matter most, which `--help` explains.
            Empty if `--help` explains every flag. Defaults to ().
        flag_files: Names of the flag files that the package has for the
            command. Defaults to ().
        inherited: Titles of the groups that are those of another command.
            `--help` names the groups, and not their flags. Defaults to ().
    """

    groups: Mapping[str, tuple[str, ...]]
    first: tuple[str, ...] = ()
    flag_files: tuple[str, ...] = ()
    inherited: tuple[str, ...] = ()


def define_groups(
    flags: absl_flags.FlagValues,
    definers: Mapping[str, Callable[[absl_flags.FlagValues], object]],
) -> dict[str, tuple[str, ...]]:
    """Define the flags of several groups.

    Args:
        flags: Where to define the flags.
        definers: For each title of a group, the function that defines its
            flags.

    Returns:
        The names of the flags of each group, by title.
    """
    groups = {}
    for title, define in definers.items():
        before = set(flags)
        define(flags)
        groups[title] = tuple(name for name in flags if name not in before)
    return groups


def format_help(
    flags: absl_flags.FlagValues,
    description: str,
    layout: HelpLayout,
    full: bool,
) -> str:
    """Format the help of a command.

    Args:
        flags: The flags of the command.
        description: The text before the flags.
        layout: The order of the flags.
        full: Whether to explain every flag.
    """
    grouped = {name for names in layout.groups.values() for name in names}
    groups = dict(layout.groups)
    groups["general"] = tuple(name for name in flags if name not in grouped)
    parts = [description.strip()]
    if full or not layout.first:
        for title, names in groups.items():
            if names:
                parts.append(f"{title.capitalize()}:")
                parts.append(_entries(flags, names))
    else:
        parts.append("The flags that matter most:")
        parts.append(_entries(flags, layout.first))
        parts.append("All other flags (--helpfull explains them):")
        parts.append(
            "\n".join(
                _name_list(title, names)
                for title, group in groups.items()
                if title not in layout.inherited
                and (names := tuple(n for n in group if n not in layout.first))
            )
        )
        if layout.inherited:
            titles = f"flags of training: {', '.join(layout.inherited)}"
            parts[-1] += f"\n{_fill(titles, indent=2, hanging=6)}"
    return "\n\n".join(parts)


def _entries(flags: absl_flags.FlagValues, names: Iterable[str]) -> str:
    return "\n".join(_entry(flags[name]) for name in names)


def _name_list(title: str, names: Iterable[str]) -> str:
    return _fill(
        f"{title}: " + " ".join(f"--{name}" for name in names),
        indent=2,
        hanging=6,
    )


def _entry(flag: absl_flags.Flag[Any]) -> str:
    text = flag.help or ""
    choices = getattr(flag.parser, "enum_values", None)
    if flag.boolean:
        name = f"  --{flag.name}"
        if flag.default is not False:
            name = f"  --[no]{flag.name}"
    else:
        name = f"  --{flag.name}={_VALUES.get(flag.flag_type(), 'VALUE')}"
    if choices:
        # absl writes the choices before the text.
        text = text.removeprefix(f"<{'|'.join(choices)}>: ")
        name = f"  --{flag.name}={'|'.join(choices)}"
        if len(name) > WIDTH:
            name = f"  --{flag.name}=NAME"
            text += f": {', '.join(choices)}"
    if not (
        flag.default is None or flag.default is False or flag.default == []
    ):
        text += f" (default: {_format_default(flag.default)})"
    return f"{name}\n{_fill(text, indent=6, hanging=6)}"


def _format_default(default: Any) -> str:
    """Format a default as it is written on the command line."""
    if default is True:
        return "yes"
    if isinstance(default, list):
        return ",".join(default)
    return str(default)


def _fill(text: str, indent: int, hanging: int) -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * hanging,
        # Names of flags, choices and paths stay whole.
        break_on_hyphens=False,
        break_long_words=False,
    )
