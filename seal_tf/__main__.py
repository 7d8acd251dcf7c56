"""List the commands: `python -m seal_tf`."""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

import seal_tf

#: The modules that are commands, in the order of use.
COMMANDS = ("train", "report", "study", "probe", "export", "prepare_data")


def main(argv: Sequence[str] | None = None) -> int:
    """List the commands, or print the version.

    Args:
        argv: Command line without the program. None takes `sys.argv`.

    Returns:
        The exit code: 0, or 2 for a word that is no flag of this command.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    if words == ["--version"]:
        print(f"seal_tf {seal_tf.__version__}")
        return 0
    unknown = [w for w in words if w not in ("--help", "-h", "help")]
    if unknown:
        command = unknown[0] if unknown[0] in COMMANDS else "COMMAND"
        print(
            f"seal_tf: no command {unknown[0]!r}. Commands are modules: "
            f"python -m seal_tf.{command} --help",
            file=sys.stderr,
        )
        return 2
    print("Train longer on a fixed data set, and measure what it is worth.\n")
    for name in COMMANDS:
        print(f"  python -m seal_tf.{name:<14} {_first_line(name)}")
    print("\n--help after a command explains it.")
    return 0


def _first_line(name: str) -> str:
    """Return the first line of a module's docstring, without importing it."""
    spec = importlib.util.find_spec(f"seal_tf.{name}")
    assert spec is not None and spec.origin is not None
    text = ast.get_docstring(ast.parse(Path(spec.origin).read_text())) or ""
    return text.split("\n")[0]


if __name__ == "__main__":
    sys.exit(main())
