"""How many seeds would tell more."""

from seal_tf.reports.power import seeds_needed
from seal_tf.study.answer import compare_finalists
from seal_tf.study.more_seeds import (
    PRACTICAL_SEEDS,
    count_more_seeds,
    describe_more_seeds,
)
from tests.study.results import SCORES, make_result, shifted_scores


def compared(scores):
    result = make_result(scores)
    return result, compare_finalists(result, 1.0)


def test_more_seeds_have_a_number_and_their_time():
    result, comparisons = compared(SCORES)
    more = count_more_seeds(result, comparisons)
    # SWA's differences have a standard deviation of 1.26 points.
    assert (more.candidate, more.difference) == ("SWA", 1.0)
    assert more.seeds == 15
    # 3 finalists x 12 seeds of 10 s + 16 x 1.25 x 2 s.
    assert more.time == "30 minutes"
    assert describe_more_seeds(more, "one long cosine") == (
        "15 seeds would tell SWA from one long cosine, if they differ by 1 "
        "point (power of 80 %, from the spread of few seeds): about 30 minutes "
        "more. This command continues the study:"
    )
    result, comparisons = compared(
        {"long": SCORES["long"], "llf": SCORES["llf"]}
    )
    assert count_more_seeds(result, comparisons) is None


def test_more_seeds_count_those_that_have_failed():
    scores = {**SCORES, "swa": {1: 0.780, 3: 0.800}}
    result, comparisons = compared(scores)
    comparison = comparisons["swa"]
    more = count_more_seeds(result, comparisons)
    seeds, difference = comparison.more_seeds()
    assert more.difference == difference
    # Seed 2 of SWA has failed.
    assert more.seeds == 2 + seeds + 1


def test_more_seeds_are_a_practical_number():
    # A deviation of 8 points: 1 point would need hundreds of seeds.
    result, comparisons = compared(
        {"long": SCORES["long"], "llf": shifted_scores(8.0, -8.0, 0.0)}
    )
    more = count_more_seeds(result, comparisons)
    assert more.seeds <= PRACTICAL_SEEDS and more.difference == 8.0
    assert seeds_needed(4.0, 8.0) > PRACTICAL_SEEDS
    assert more.seeds == seeds_needed(8.0, 8.0)


def test_more_seeds_of_one_common_seed_are_unknown():
    result, comparisons = compared({"long": SCORES["long"], "llf": {1: 0.9}})
    assert count_more_seeds(result, comparisons) is None
