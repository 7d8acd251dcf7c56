"""The answer of a study, as sentences."""

import dataclasses

import pytest

from seal_tf.study.answer import (
    answer_study,
    choose_winner,
    compare_finalists,
)
from tests.study.results import SCORES, make_result, shifted_scores


def answered(scores, **others):
    result = make_result(scores, **others)
    comparisons = compare_finalists(result, 1.0)
    return answer_study(result, comparisons), result, comparisons


def test_answer_tells_that_seeds_were_added_after_the_plan():
    result = make_result(SCORES)
    more = dataclasses.replace(result, planned_seeds=2)
    answer = answer_study(more, compare_finalists(more, 1.0))
    assert answer.notes[1] == (
        "The plan had 2 seeds of each finalist, and --seeds added 1. If the "
        "answer of the first seeds was the reason, the intervals are too "
        "narrow."
    )


def test_answer_better_names_the_best_and_its_command():
    answer, result, comparisons = answered(SCORES)
    assert answer.verdict == "better"
    assert answer.headline == (
        "LLF is better than one long cosine: +2.33 points (95 % interval "
        "+1.95 to +2.71, 3 seeds)."
    )
    # LLF is in the headline.
    assert [verdict for verdict, _ in answer.lines] == ["unclear"]
    assert answer.lines[0][1].startswith("Cannot tell SWA from one long cos")
    assert answer.next_step == (
        "LLF reaches 81.8 ± 0.7 % on the test images. This command trains "
        "it again:"
    )
    assert answer.command == (
        "python -m seal_tf.train --method=llf --seed=1 --workdir=runs/llf"
    )
    winner = choose_winner(result, comparisons)
    assert (winner.name, winner.is_better) == ("llf", True)
    (note,) = answer.notes
    assert note.startswith(
        "Each candidate was tuned with 2 trials on images held out of the "
        "training set; the first trial of the others had the best settings of "
        "one long cosine, and in the end one long cosine tried the learning "
        "rate and L2 of the finalists, where they differed. One long cosine "
        "and the 2 best other candidates were "
    )
    assert "an interval excludes zero by chance in up to 10 % of" in note


def test_answer_several_better_names_the_largest_difference_first():
    answer, _, comparisons = answered(
        {**SCORES, "swa": shifted_scores(3.0, 3.1, 3.2)}
    )
    assert list(comparisons) == ["swa", "llf"]
    assert answer.headline.startswith("SWA is better than one long cosine: +3")
    assert answer.headline.endswith("; LLF is better, too.")
    assert "--method=swa" in answer.command


@pytest.mark.parametrize(
    "llf, swa, verdict, headline",
    [
        (
            (-2.0, -2.1, -1.9),
            (-3.0, -3.1, -2.9),
            "worse",
            "Nothing is better than one long cosine.",
        ),
        (
            (0.1, 0.2, 0.0),
            (-3.0, -3.1, -2.9),
            "equivalent",
            "Nothing is better than one long cosine by 1 point or more.",
        ),
        (
            (3.0, -1.0, 2.0),
            (-3.0, -3.1, -2.9),
            "unclear",
            "Cannot tell whether LLF is better than one long cosine: +1 "
            "point (95 % interval −4 to +7, 3 seeds).",
        ),
        (
            (3.0, -1.0, 2.0),
            (2.0, -1.0, 1.0),
            "unclear",
            "Cannot tell whether LLF or SWA is better than one long cosine: "
            "+1 point (95 % interval −4 to +7, 3 seeds) for LLF.",
        ),
    ],
)
def test_answer_without_a_better_candidate_is_the_baseline(
    llf, swa, verdict, headline
):
    answer, *_ = answered(
        {
            "long": SCORES["long"],
            "llf": shifted_scores(*llf),
            "swa": shifted_scores(*swa),
        }
    )
    assert (answer.verdict, answer.headline) == (verdict, headline)
    assert len(answer.lines) == 2
    assert "--method=long" in answer.command
    assert answer.next_step.startswith(
        "Train one long cosine: it reaches 79.5 ± 0.5 % on the test images."
    )


def test_answer_of_two_finalists_is_the_comparison():
    two = {"long": SCORES["long"], "llf": shifted_scores(-2.0, -2.1, -1.9)}
    answer, *_ = answered(two)
    assert answer.verdict == "worse" and answer.lines == ()
    assert answer.headline.startswith("LLF is worse than one long cosine: −2")
    assert "and the best other candidate were then trained" in answer.notes[0]
    assert "by chance" not in answer.notes[0]
    two["llf"] = shifted_scores(0.1, 0.2, 0.0)
    assert answered(two)[0].headline.startswith(
        "LLF and one long cosine do not differ by more than 1 point: +0.1"
    )


def test_answer_of_one_common_seed_cannot_tell():
    answer, *_ = answered({"long": SCORES["long"], "llf": {1: 0.9}})
    assert answer.verdict == "unclear"
    assert answer.headline == (
        "Cannot tell LLF from one long cosine: +11.0 points (one seed). One "
        "seed does not show how much seeds differ."
    )


def test_answer_of_unequal_tuning_says_so():
    result = make_result(SCORES)
    # The candidates that were tuned last have fewer trials.
    del result.trials[-2:]
    (note,) = answer_study(result, compare_finalists(result, 1.0)).notes
    assert note.startswith(
        "The candidates were tuned with 1 to 2 trials, as many as the budget "
        "allowed, on images held out of the training set;"
    )
    # One that always failed was not tuned.
    del result.tuned["swa"]
    (note,) = answer_study(result, compare_finalists(result, 1.0)).notes
    assert note.startswith("Each candidate was tuned with 2 trials on images")


def test_candidate_that_failed_in_tuning_needs_a_new_study():
    answer, *_ = answered(
        SCORES, failures={"seal": "no memory"}, tuned_only=("seal",)
    )
    assert (
        "incomparable",
        "SEAL failed in every trial and is left out: no memory. A new study, "
        "with another --study_name and --workdir, would include it.",
    ) in answer.lines


def test_differences_that_no_seed_changes_show_nothing():
    answer, _, comparisons = answered(
        {"long": SCORES["long"], "llf": shifted_scores(0.3, 0.3, 0.3)}
    )
    assert comparisons["llf"].verdict == "unclear"
    assert answer.headline.startswith("Cannot tell LLF from one long cosine")
    assert answer.headline.endswith(
        "The difference is the same with every seed: either the runs do not "
        "use their seed, or there are too few test images."
    )
    # No difference at all is an answer.
    equal = {"long": SCORES["long"], "swa": SCORES["long"]}
    assert answered(equal)[2]["swa"].verdict == "equivalent"


def test_answer_with_a_failed_seed_leaves_it_out():
    scores = {**SCORES, "swa": {1: 0.780, 3: 0.800}}
    answer, _, comparisons = answered(scores, failures={"swa": "no memory"})
    assert list(comparisons["swa"].differences) == [1, 3]
    line = "SWA failed with some seeds, which are left out: no memory"
    assert ("incomparable", line) in answer.lines


def test_answer_with_failures_names_them():
    answer, *_ = answered(
        {**SCORES, "swa": {}}, failures={"swa": "no memory (swa.log)"}
    )
    assert ("incomparable", "SWA failed: no memory (swa.log)") in answer.lines
    answer, *_ = answered({"long": SCORES["long"], "llf": {}})
    assert answer.headline == (
        "Nothing can be compared with one long cosine: the other runs failed."
    )
    assert answer.verdict == "" and "--method=long" in answer.command
    answer, *_ = answered({"long": {}, "llf": SCORES["llf"]})
    assert answer.headline == (
        "Nothing can be compared with one long cosine: its runs failed."
    )
    # There is nothing to recommend.
    assert answer.command == "" and answer.next_step == ""
    answer, *_ = answered({"long": SCORES["long"]})
    assert "no other candidate has a result" in answer.headline


def test_answer_does_not_name_an_impractical_number_of_seeds():
    scores = {"long": SCORES["long"], "swa": shifted_scores(0, 5, 10)}
    answer, _, _ = answered(scores)
    assert answer.headline == (
        "Cannot tell SWA from one long cosine: +5 points (95 % interval −7 to "
        "+17, 3 seeds)."
    )
    assert answer.lines == ()


def test_candidate_that_never_learned_is_named():
    def guesses(chance):
        result = make_result(SCORES, tuned_only=("seal",))
        seal = dataclasses.replace(result.tuned["seal"], score=0.11)
        result = dataclasses.replace(
            result, tuned={**result.tuned, "seal": seal}, chance=chance
        )
        answer = answer_study(result, compare_finalists(result, 1.0))
        return [text for _, text in answer.lines if "chance" in text]

    (text,) = guesses(0.1)
    assert text.startswith("SEAL was hardly better than chance (10.0 %) in any")
    # Of two classes, 59 % of many images are no guess.
    assert guesses(0.1 / 1.15) == []
    # The number of classes of a script is unknown.
    assert guesses(None) == []
