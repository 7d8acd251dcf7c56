"""Sentences about comparisons."""

from seal_tf.reports.comparison import compare, compare_all
from seal_tf.reports.verdict import describe_comparison, summarize
from tests.reports.fakes import group

BASE = [60.0, 63.0, 61.0]
NORMAL = group("normal", BASE)


def compared(*differences, **others):
    values = [b + d for b, d in zip(BASE, differences, strict=False)]
    return compare(group("seal", values, **others), NORMAL)


def test_describe_comparison_states_the_interval_with_its_precision():
    # The standard error is 0.058, so two decimals carry information; with
    # an interval of ± 7.6, none does.
    assert describe_comparison(compared(3.0, 3.2, 3.1)) == (
        "seal is better than normal: +3.10 points (95 % interval +2.85 to "
        "+3.35, 3 seeds)."
    )
    assert describe_comparison(compared(3.0, -1.0, 5.0)) == (
        "Cannot tell seal from normal: +2 points (95 % interval \u22125 to "
        "+10, 3 seeds). About 18 more seeds would show a difference of 2 "
        "points."
    )


def test_describe_comparison_claims_equality_only_within_the_margin():
    text = describe_comparison(compared(0.1, -0.1, 0.05))
    assert text.startswith("seal and normal do not differ by more than 2")
    assert "Cannot tell" in describe_comparison(compared(9.0))
    assert "One seed does not show" in describe_comparison(compared(9.0))


def test_describe_comparison_of_unequal_passes_states_the_reason():
    assert describe_comparison(compared(1, 1, 1, passes=6.0)) == (
        "seal is not compared with normal: 6 passes over the data, not the "
        "18 of normal."
    )


def test_summarize_of_one_comparison_is_its_sentence_and_what_to_run():
    answer = summarize(
        [compared(3.0, -1.0, 5.0)], [NORMAL, group("seal", BASE)]
    )
    assert answer.headline.startswith("Cannot tell seal from normal")
    assert answer.lines == ()
    assert "seeds 3 to 20" in answer.next_step
    assert answer.command == (
        "python -m seal_tf.train --flagfile=runs/normal-0/flags.txt --seed=3 "
        "--workdir=runs/normal-3\n"
        "python -m seal_tf.train --flagfile=runs/seal-0/flags.txt --seed=3 "
        "--workdir=runs/seal-3"
    )


def test_summarize_asks_for_the_seeds_that_one_side_lacks():
    seeds = {seed: 60.0 + seed for seed in range(10)}
    base, seal = group("normal", seeds), group("seal", {0: 60, 1: 66, 2: 60})
    answer = summarize([compare(seal, base)], [base, seal])
    assert "train seal with seeds 3 to 9, then" in answer.next_step
    assert answer.command == (
        "python -m seal_tf.train --flagfile=runs/seal-0/flags.txt --seed=3 "
        "--workdir=runs/seal-3"
    )
    base, seal = group("normal", {0: 60, 1: 61, 4: 62}), group("seal", seeds)
    (comparison,) = compare_all([base, seal], base)
    answer = summarize([comparison], [base, seal])
    assert "train normal with seeds 2, 3, then" in answer.next_step


def test_summarize_asks_once_for_seeds_of_a_baseline_with_an_average():
    swa = group("swa", {0: 50.0, 1: 52.0}, average={"val_accuracy": 0.56})
    (comparison,) = compare_all([swa], swa)
    answer = summarize([comparison], [swa])
    assert answer.headline.startswith("Cannot tell swa, average from swa")
    assert answer.next_step.startswith("Next: train swa with seed")
    assert answer.command.count("--workdir") == 1


def test_summarize_of_a_clear_difference_asks_for_no_run():
    answer = summarize([compared(3.0, 3.2, 3.1)], [NORMAL, group("seal", BASE)])
    assert answer.next_step == answer.command == ""


def test_summarize_names_all_verdicts_in_one_sentence():
    groups = [
        NORMAL,
        group("a", [b + 3 + d for b, d in zip(BASE, (0, 1, 0.5), strict=True)]),
        group("b", [b - 9 + d for b, d in zip(BASE, (0, 1, 0.5), strict=True)]),
        group("c", [b + d for b, d in zip(BASE, (9, 0, -9), strict=True)]),
        group("d", BASE, passes=3.0),
    ]
    answer = summarize(compare_all(groups, NORMAL), groups)
    assert answer.headline == (
        "a (+3.5 points) is better than normal; b (\u22128.5 points) is worse "
        "than normal; for c the seeds cannot tell."
    )
    verdicts = [verdict for verdict, _ in answer.lines]
    assert verdicts == ["better", "unclear", "worse", "incomparable"]
    assert "14 % of reports" in answer.notes[1]


def test_summarize_of_one_group_states_its_accuracy_and_a_baseline():
    answer = summarize([], [group("seal", {0: 60.0})])
    assert answer.headline == (
        "seal reaches 60.0 % ± 3.0 (one seed; 95 % interval over the "
        "validation images)."
    )
    assert "--method=normal --workdir" in answer.command


def test_summarize_of_normal_training_names_generations_that_ascend():
    """With one generation, SEAL is the same training as normal."""
    normal = group("normal", {0: 60.0}, epochs=18)
    command = summarize([], [normal]).command
    flags = "--generations=3 --epochs_per_generation=6"
    assert f"--method=seal {flags} --workdir" in command
    normal.runs[0].summary["generations"] *= 2
    assert "--method=seal --workdir" in summarize([], [normal]).command
