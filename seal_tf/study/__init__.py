"""Find the method that helps on your images."""

from __future__ import annotations

from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command `python -m seal_tf.study`.

    Args:
        argv: The words after the command's name. None takes `sys.argv`.

    Returns:
        The exit code.
    """
    from seal_tf.study.__main__ import main as run

    return run(argv)
