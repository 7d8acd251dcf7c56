"""Command-line arguments that benchmarks share."""

from __future__ import annotations

import argparse

#: Fewer rounds have no 95 % interval of a median.
FEWEST_ROUNDS = 6


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
            type=_rounds,
            default=rounds,
            help=f"timed calls of each function, {FEWEST_ROUNDS} or more "
            f"(default: {rounds})",
        )
    return parser


def _rounds(text: str) -> int:
    rounds = int(text)
    if rounds < FEWEST_ROUNDS:
        raise argparse.ArgumentTypeError(
            f"must be {FEWEST_ROUNDS} or more. Received: {text}"
        )
    return rounds
