"""Flags of a command: absl's, in a registry of the command's own.

absl's global registry would make importing seal_tf define flags; its
`app.run` exits 1 for `--help` and lists the main module's flags only. Ours
exits 0 for `--help`, lists all, and exits 2 for what it cannot take.
"""

from __future__ import annotations

import contextlib
import difflib
import math
import re
import signal
import sys
import textwrap
import warnings
from typing import NoReturn

from absl import flags as absl_flags

import seal_tf
from pipelines.errors import DataError
from seal_tf.commands import configs

#: Where in its graph TensorFlow met an error: nothing for who gave flags.
_FUNCTION_NODE = re.compile(r"\{\{function_node .*?\}\} | \[Op:\w+\]")


def parse(define, description: str, argv: list[str]):
    """Parses a command line.

    Args:
        define: Function that defines the command's flags on the
            `absl.flags.FlagValues` it is given.
        description: What `--help` says first.
        argv: The words after the command's name. `--flagfile=X` reads more
            of them from X; later words win. X may be a file that comes along
            (`seal:NAME`).

    Returns:
        The `FlagValues`; `present` of a flag is whether `argv` itself has
        it, not only a flag file.

    Raises:
        SystemExit: 0 after `--help` and `--version`; 2, with one line, for a
            bad flag.
    """
    if "--version" in argv:
        print(f"seal_tf {seal_tf.__version__}")
        raise SystemExit(0)
    values = absl_flags.FlagValues()
    define(values)
    absl_flags.DEFINE_bool("help", False, "show this help", flag_values=values)
    absl_flags.DEFINE_string(
        "flagfile",
        None,
        "read more flags from this file; seal:NAME is one that comes along: "
        + ", ".join(configs.names()),
        flag_values=values,
    )
    try:
        rest = values(["command", *configs.found(argv)])[1:]
    except absl_flags.UnrecognizedFlagError as error:
        near = difflib.get_close_matches(error.flagname, list(values), 2)
        fail(
            f"unknown flag --{error.flagname}"
            + (f"; did you mean --{' or --'.join(near)}?" if near else ".")
            + " --help lists all flags."
        )
    except absl_flags.Error as error:
        fail(str(error))
    except UnicodeDecodeError:
        fail("--flagfile: not a text file.")
    except ValueError as error:
        fail(error)
    if values["help"].value:
        print(description.strip(), "\n\nFlags:")
        print("\n".join(_entry(values[name]) for name in sorted(values)))
        raise SystemExit(0)
    if rest:
        fail(f"not a flag: {rest[0]!r}. Flags look like --name=value.")
    for name in values:
        value = values[name].value
        if isinstance(value, float) and not math.isfinite(value):
            fail(f"--{name}={value}: a finite number is needed.")
    given = {word.lstrip("-").split("=")[0] for word in argv}
    for name in values:
        values[name].present = int(bool({name, f"no{name}"} & given))
    return values


def settings(values) -> dict:
    """Every flag that says what is run, by name, defaults included."""
    return {
        name: values[name].value
        for name in sorted(values)
        if name not in ("help", "flagfile", "dry_run")
    }


def _entry(flag) -> str:
    default = "" if flag.default is None else f" (default: {flag.default})"
    choices = getattr(flag.parser, "enum_values", None)
    value = "|".join(choices) if choices else flag.flag_type()
    head = (
        f"  --[no]{flag.name}" if flag.boolean else f"  --{flag.name}={value}"
    )
    body = textwrap.fill(
        flag.help + default,
        76,
        initial_indent=" " * 6,
        subsequent_indent=" " * 6,
    )
    return f"{head}\n{body}"


def require(values, **examples: str) -> None:
    """Raises ValueError where a flag that a command cannot do without is not
    given.

    Args:
        values: The parsed flags.
        **examples: By name of the flag, what it may look like.
    """
    if all(values[name].value for name in examples):
        return
    wanted = [f"--{name}={example}" for name, example in examples.items()]
    received = []
    for name in examples:
        value = values[name].value or ""
        if isinstance(value, list):
            value = ",".join(value)
        received.append(f"--{name}={value}")
    raise ValueError(
        f"give {' and '.join(wanted)}. Received: {' '.join(received)}"
    )


def fail(message: object) -> NoReturn:
    """Ends a command: one line on standard error, exit code 2."""
    print("seal_tf:", " ".join(str(message).split()), file=sys.stderr)
    raise SystemExit(2)


@contextlib.contextmanager
def one_line_errors():
    """What is wrong with the user's input ends the command in one line."""
    try:
        yield
    except (DataError, ValueError) as error:
        fail(error)
    except OSError as error:
        fail(f"{error.filename or 'file'}: {error.strerror or error}")
    except KeyboardInterrupt:
        print("seal_tf: stopped", file=sys.stderr)
        raise SystemExit(130) from None
    except Exception as error:
        # TensorFlow's own errors; what is ours to mend keeps its traceback.
        if not type(error).__module__.startswith("tensorflow."):
            raise
        lines = [x for x in str(error).splitlines() if x.strip()]
        if lines[0].startswith("Graph execution error"):
            # What went wrong stands below where it did.
            lines = [x for x in lines if x[0] not in " \t"][2:] or lines
        fail(_FUNCTION_NODE.sub("", lines[0]))


@contextlib.contextmanager
def one_line_warnings():
    """Warnings of ours are for people who gave flags, not for programmers."""
    with warnings.catch_warnings():
        shown = warnings.showwarning

        def show(message, category, *args, **kwargs):
            if category is not RuntimeWarning:
                return shown(message, category, *args, **kwargs)
            print("seal_tf: warning:", message, file=sys.stderr, flush=True)

        warnings.showwarning = show
        yield


@contextlib.contextmanager
def stopped_by_sigterm():
    """SIGTERM unwinds like Ctrl-C, so that nothing half-written is left."""
    try:
        before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    except ValueError:  # Only the main thread may.
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
