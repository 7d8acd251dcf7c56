"""The number of seeds that a paired comparison needs."""

from __future__ import annotations

#: Two-sided significance level and power of the calculation.
LEVEL = 0.05
POWER = 0.8
#: Larger numbers of seeds are not computed.
MAX_SEEDS = 1000


def paired_power(difference: float, deviation: float, seeds: int) -> float:
    """Return the power of a two-sided paired t test at the 5 % level.

    The test statistic has a noncentral t distribution with `seeds - 1`
    degrees of freedom and noncentrality `sqrt(seeds) * difference /
    deviation` (Cohen, Statistical Power Analysis, 1988, section 2).

    Args:
        difference: True mean of the differences.
        deviation: Standard deviation of the differences, above 0.
        seeds: Number of pairs, at least 2.

    Returns:
        The probability that the 95 % interval excludes zero.

    Example:
        >>> from seal_tf.reports.power import paired_power
        >>> round(paired_power(2.0, 2.0, 10), 2)
        0.8
    """
    from scipy.stats import nct, t

    freedom = seeds - 1
    threshold = t.ppf(1 - LEVEL / 2, freedom)
    shift = seeds**0.5 * abs(difference) / deviation
    # The other tail would be significant in the wrong direction: under 1e-3
    # wherever the power is of interest.
    return float(nct.sf(threshold, freedom, shift))


def seeds_needed(difference: float, deviation: float) -> int | None:
    """Return the number of seeds that shows a difference with 80 % power.

    Args:
        difference: Difference to show, above 0.
        deviation: Standard deviation of the paired differences.

    Returns:
        The smallest number of pairs, at least 2; None if it is above
        `MAX_SEEDS`.

    Raises:
        ValueError: `difference` is not above 0.

    Example:
        >>> from seal_tf.reports.power import seeds_needed
        >>> seeds_needed(1.0, 2.0)
        34
    """
    if not difference > 0:
        raise ValueError(
            f"Argument `difference` must be above 0. Received: {difference}"
        )
    if deviation == 0:
        return 2
    low, high = 1, MAX_SEEDS
    if paired_power(difference, deviation, high) < POWER:
        return None
    # The power grows with the number of seeds.
    while high - low > 1:
        middle = (low + high) // 2
        if paired_power(difference, deviation, middle) < POWER:
            low = middle
        else:
            high = middle
    return high
