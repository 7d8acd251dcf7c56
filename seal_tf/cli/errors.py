"""Errors and warnings of a command, each in one line."""

from __future__ import annotations

import contextlib
import re
import signal
import sys
import warnings
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from pipelines.errors import DataError

#: Part of TensorFlow's messages that says where in the graph an error is.
_FUNCTION_NODE = re.compile(r"\{\{function_node .*?\}\} | \[Op:\w+\]")
#: `name` or `name=value` of an argument, as library errors write it.
_ARGUMENT = re.compile(r"(?:\bArgument )?`(\w+)(=[^`]*)?`")
#: name=value after "Received:".
_RECEIVED = re.compile(r"(?<=[ ,])(\w+)=")


def fail(message: object) -> NoReturn:
    """Print one line on standard error, and exit with code 2."""
    print("seal_tf:", " ".join(str(message).split()), file=sys.stderr)
    raise SystemExit(2)


def with_flag_names(message: str, flag_of: Mapping[str, str]) -> str:
    """Replace the names of arguments by those of flags.

    Args:
        message: A message of the library, with argument names in backticks.
        flag_of: Name of the flag, by name of the argument.

    Returns:
        The message: "Argument `classes` must …" becomes "--classes must …".
    """

    def argument(match: re.Match[str]) -> str:
        flag = flag_of.get(match[1])
        return match[0] if flag is None else f"--{flag}{match[2] or ''}"

    def received(match: re.Match[str]) -> str:
        flag = flag_of.get(match[1])
        return match[0] if flag is None else f"--{flag}="

    text, separator, values = message.partition("Received:")
    return (
        _ARGUMENT.sub(argument, text)
        + separator
        + _RECEIVED.sub(received, _ARGUMENT.sub(argument, values))
    )


@contextlib.contextmanager
def one_line_errors(flag_of: Mapping[str, str] | None = None) -> Iterator[None]:
    """End the command with one line if the user's input is wrong.

    Args:
        flag_of: Name of the flag, by name of the argument; see
            `with_flag_names`.
    """
    try:
        yield
    except (DataError, ValueError) as error:
        fail(with_flag_names(str(error), flag_of or {}))
    except OSError as error:
        fail(f"{error.filename or 'file'}: {error.strerror or error}")
    except KeyboardInterrupt:
        print("seal_tf: stopped", file=sys.stderr)
        raise SystemExit(130) from None
    except Exception as error:
        # An error of TensorFlow comes from the input. Any other error is a
        # fault of this package and keeps its traceback.
        if not type(error).__module__.startswith("tensorflow."):
            raise
        fail(_tensorflow_message(error))


def _tensorflow_message(error: Exception) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    if lines[0].startswith("Graph execution error"):
        # The cause follows the position in the graph.
        lines = [line for line in lines if line[0] not in " \t"][2:] or lines
    return _FUNCTION_NODE.sub("", lines[0])


@contextlib.contextmanager
def one_line_warnings() -> Iterator[None]:
    """Print each RuntimeWarning in one line, without its source line."""
    with warnings.catch_warnings():
        original = warnings.showwarning

        def show(
            message: Any, category: type[Warning], *args: Any, **kwargs: Any
        ) -> None:
            if category is not RuntimeWarning:
                return original(message, category, *args, **kwargs)
            print("seal_tf: warning:", message, file=sys.stderr, flush=True)
            return None

        warnings.showwarning = show
        yield


@contextlib.contextmanager
def exit_on_sigterm() -> Iterator[None]:
    """Exit on SIGTERM by an exception, so that no partial file remains."""
    try:
        previous = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    except ValueError:  # Only the main thread can set a handler.
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
