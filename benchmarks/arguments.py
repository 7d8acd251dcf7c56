"""Command-line arguments that benchmarks share."""

from __future__ import annotations

import argparse


def create_parser(
    description: str | None, rounds: int | None = None
) -> argparse.ArgumentParser:
    """Create the argument parser of a benchmark.

    Args:
        description: Docstring of the module.
        rounds: Default of `--rounds`; None for a benchmark without rounds.

    Returns:
        The parser.
    """
    parser = argparse.ArgumentParser(
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    if rounds is not None:
        parser.add_argument(
            "--rounds",
            type=int,
            default=rounds,
            help=f"timed calls of each function (default: {rounds})",
        )
    return parser
