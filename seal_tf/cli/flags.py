"""Parse the flags of a command with absl, in the command's own registry.

With absl's global registry, importing seal_tf would define flags, and absl's
`app.run` exits 1 for `--help` and lists the flags of the main module only.
This parser exits 0 for `--help`, which lists all flags in groups, and exits 2
for a bad flag.
"""

from __future__ import annotations

import difflib
import io
import math
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from absl import flags as absl_flags

import seal_tf
from seal_tf.cli import flag_files
from seal_tf.cli.errors import fail
from seal_tf.cli.help import HelpLayout, format_help

#: Flags of every command that describe no run.
_COMMAND_FLAGS = (
    *("help", "helpfull", "version", "flagfile"),
    *("dry_run", "quiet", "seeds"),
)


def parse(
    define: Callable[[absl_flags.FlagValues], HelpLayout | None],
    description: str,
    argv: Sequence[str] | None = None,
    replaced: Mapping[str, str] | None = None,
) -> absl_flags.FlagValues:
    """Parse a command line.

    Args:
        define: Function that defines the command's flags on the
            `absl.flags.FlagValues` that it gets, and returns the layout of
            `--help`, or None for one list.
        description: The text before the flags in `--help`.
        argv: The words after the command's name; None for `sys.argv[1:]`.
            `--flagfile=X` reads more flags from X; later words win. X may be
            `seal:NAME`, a file that the package contains.
        replaced: Flags of a similar command that this one lacks, with what
            to do instead. Defaults to none.

    Returns:
        The flags; paths that begin with "~/" are expanded. The `present`
        attribute of a flag is 1 if `argv` itself contains it, and 0 if only a
        flag file does.

    Raises:
        SystemExit: 0 after `--help`, `--helpfull` and `--version`; 2, with
            one line, for a bad flag.
    """
    argv = list(sys.argv[1:] if argv is None else argv)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Names of files that are not UTF-8 are printed as they are.
        sys.stdout.reconfigure(errors="surrogateescape")
    if "--version" in argv:
        print(f"seal_tf {seal_tf.__version__}")
        raise SystemExit(0)
    flags = absl_flags.FlagValues()
    layout = define(flags) or HelpLayout({"flags": tuple(flags)})
    _define_general(flags, layout)
    positional = _parse_words(flags, argv, replaced or {})
    if flags["help"].value or flags["helpfull"].value:
        full = bool(flags["helpfull"].value)
        print(format_help(flags, description, layout, full))
        raise SystemExit(0)
    if positional:
        fail(
            f"not a flag: {positional[0]!r}. A flag has the form --name=value."
        )
    for name in flags:
        value = flags[name].value
        if isinstance(value, float) and not math.isfinite(value):
            fail(f"--{name} must be finite. Received: --{name}={value}")
        flags[name].value = _expand_home(value)
    in_argv = {word.lstrip("-").split("=")[0] for word in argv}
    for name in flags:
        flags[name].present = int(bool({name, f"no{name}"} & in_argv))
    return flags


def _expand_home(value: Any) -> Any:
    """Expand "~/" of paths, as a shell does only for words that begin so."""
    if isinstance(value, list):
        return [_expand_home(item) for item in value]
    if isinstance(value, str) and value.startswith("~/"):
        return str(Path(value).expanduser())
    return value


def _define_general(flags: absl_flags.FlagValues, layout: HelpLayout) -> None:
    """Define the flags that every command has."""
    text = "read more flags from this file"
    if layout.flag_files:
        text += "; seal:NAME is a file of the package: "
        text += ", ".join(layout.flag_files)
    absl_flags.DEFINE_string("flagfile", None, text, flag_values=flags)
    absl_flags.DEFINE_bool("help", False, "show the help", flag_values=flags)
    absl_flags.DEFINE_bool(
        "helpfull", False, "explain every flag", flag_values=flags
    )
    absl_flags.DEFINE_bool(
        "version", False, "print the version", flag_values=flags
    )


def _parse_words(
    flags: absl_flags.FlagValues, argv: list[str], replaced: Mapping[str, str]
) -> list[str]:
    """Parse the words, and return those that are not flags."""
    try:
        return list(flags(["command", *flag_files.resolve(argv)])[1:])
    except absl_flags.UnrecognizedFlagError as error:
        if error.flagname in replaced:
            fail(
                f"--{error.flagname} is not a flag of this command: "
                f"{replaced[error.flagname]}."
            )
        similar = difflib.get_close_matches(error.flagname, list(flags), 2)
        fail(
            f"unknown flag --{error.flagname}"
            + (
                f"; did you mean --{' or --'.join(similar)}?"
                if similar
                else "."
            )
            + " --help lists all flags."
        )
    except absl_flags.IllegalFlagValueError as error:
        fail(_illegal_value(flags, str(error)))
    except absl_flags.CantOpenFlagFileError as error:
        cause = error.__context__
        if isinstance(cause, OSError):
            fail(f"--flagfile={cause.filename}: {cause.strerror}")
        fail(f"--flagfile: {error}")
    except absl_flags.Error as error:
        fail(str(error))
    except UnicodeDecodeError:
        fail("--flagfile must be a text file.")
    except ValueError as error:
        fail(error)


def _illegal_value(flags: absl_flags.FlagValues, message: str) -> str:
    """Describe a value that absl refuses, and what the flag accepts."""
    match = re.match(r"flag --(\w+)=(.*?): (.*)", message, re.DOTALL)
    if match is None or match[1] not in flags:
        return message
    name, value, reason = match.groups()
    parser = flags[name].parser
    choices = getattr(parser, "enum_values", None)
    similar: list[str] = []
    if choices:
        accepted = f"one of {', '.join(choices)}"
        similar = difflib.get_close_matches(value, choices, 2)
    elif flags[name].boolean:
        accepted = "true or false"
    elif "invalid literal" in reason:
        accepted = "a whole number"
    elif "could not convert" in reason:
        accepted = "a number"
    else:
        accepted = getattr(parser, "syntactic_help", "") or reason
    hint = f"; did you mean {' or '.join(similar)}?" if similar else ""
    return f"--{name} must be {accepted}. Received: --{name}={value}{hint}"


def flag_values(flags: absl_flags.FlagValues) -> dict[str, Any]:
    """Return the value of every flag that describes the run, by name."""
    return {
        name: flags[name].value
        for name in sorted(flags)
        if name not in _COMMAND_FLAGS
    }


def require(flags: absl_flags.FlagValues, **examples: str) -> None:
    """Check that required flags are set.

    Args:
        flags: The parsed flags.
        **examples: For each required flag, an example value.

    Raises:
        ValueError: If one is not set.
    """
    if all(flags[name].value for name in examples):
        return
    required = [f"--{name}={example}" for name, example in examples.items()]
    received = []
    for name in examples:
        value = flags[name].value or ""
        if isinstance(value, list):
            value = ",".join(value)
        received.append(f"--{name}={value}")
    raise ValueError(
        f"{' and '.join(required)} required. Received: {' '.join(received)}"
    )
