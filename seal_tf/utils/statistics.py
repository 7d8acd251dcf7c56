"""Means over seeds and their text form."""

from __future__ import annotations

import statistics
from collections.abc import Iterable


def mean_and_deviation(values: Iterable[float]) -> tuple[float, float | None]:
    """Return the mean and the sample standard deviation.

    Args:
        values: At least one number.

    Returns:
        (mean, standard deviation); the deviation of a single value is None.
    """
    values = list(values)
    deviation = statistics.stdev(values) if len(values) > 1 else None
    return statistics.fmean(values), deviation


def format_mean(values: Iterable[float], digits: int = 2) -> str:
    """Format a mean as "54.40", or "54.40 ± 0.61" for several values.

    Args:
        values: At least one number.
        digits: Digits after the point.
    """
    mean, deviation = mean_and_deviation(values)
    text = f"{mean:.{digits}f}"
    return text if deviation is None else f"{text} ± {deviation:.{digits}f}"


def format_percent(values: Iterable[float], digits: int = 2) -> str:
    """Format the mean of fractions in percent, as `format_mean` does.

    Args:
        values: Fractions in [0, 1].
        digits: Digits after the point.
    """
    return format_mean((100 * value for value in values), digits)


def count_decimals(uncertainty: float) -> int:
    """Return how many decimals of a percentage carry information.

    Args:
        uncertainty: Standard error of the number, in percentage points.

    Returns:
        0, 1 or 2: the last digit is worth at least a twentieth of the
        standard error.
    """
    if uncertainty >= 2:
        return 0
    return 2 if 0 < uncertainty < 0.2 else 1


def format_signed(value: float, digits: int) -> str:
    """Format a number with its sign, and with a minus as wide as a plus.

    Args:
        value: The number. A number that rounds to zero has a plus.
        digits: Digits after the point.
    """
    value = round(value, digits) or 0.0
    return f"{value:+.{digits}f}".replace("-", "\N{MINUS SIGN}")


def format_with_interval(mean: float, margin: float | None, digits: int) -> str:
    """Format a difference as "+1.3 (+0.4 to +2.2)", or "+1.3".

    Args:
        mean: The difference.
        margin: Half of its interval; None without one.
        digits: Digits after the point; see `signed_interval`.
    """
    if margin is None:
        return format_signed(mean, digits)
    text, low, high = signed_interval(mean, margin, digits)
    return f"{text} ({low} to {high})"


def signed_interval(
    mean: float, margin: float, digits: int
) -> tuple[str, str, str]:
    """Format a difference and its interval as ("+1.3", "+0.4", "+2.2").

    An end of an interval without zero is not rounded to zero: the numbers
    then have more digits.

    Args:
        mean: The difference.
        margin: Half of the interval.
        digits: Digits after the point.

    Returns:
        (mean, low, high); see `format_signed`.
    """
    low, high = mean - margin, mean + margin
    nearest = min(abs(low), abs(high))
    # What is smaller is a rounding error.
    excludes_zero = low * high > 0 and nearest > 1e-9
    while excludes_zero and round(nearest, digits) == 0:
        digits += 1
    return (
        format_signed(mean, digits),
        format_signed(low, digits),
        format_signed(high, digits),
    )
