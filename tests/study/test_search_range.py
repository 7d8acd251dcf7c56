import optuna
import pytest

from seal_tf.study.search_range import SearchRange


def test_suggest_is_within_the_range():
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    trial = optuna.create_study().ask()
    rate = SearchRange(low=0.1, high=3.0, log=True, first=1.0)
    assert 0.1 <= rate.suggest(trial, "rate") <= 3.0
    count = SearchRange(low=2, high=4, integer=True)
    assert count.suggest(trial, "count") in (2, 3, 4)
    assert isinstance(trial.params["count"], int)
    choice = SearchRange(choices=(8, 4))
    assert choice.suggest(trial, "choice") in (8, 4)
    assert (rate.first_value, count.first_value, choice.first_value) == (
        *(1.0, 2),
        8,
    )


def test_contains_is_true_within_the_range():
    rate = SearchRange(low=0.1, high=3.0)
    assert rate.contains(0.1) and rate.contains(3.0)
    assert not rate.contains(0.09) and not rate.contains(3.1)
    choice = SearchRange(choices=(8, "linear"))
    assert choice.contains("linear") and not choice.contains(4)


def test_flag_value_has_its_unit_and_four_digits():
    units = {"epochs": 96, "learning_rate": 0.1}
    rate = SearchRange(low=0.1, high=3.0, unit="learning_rate")
    assert rate.flag_value(0.123456, units) == 0.01235
    timescale = SearchRange(low=0.1, high=3.0, unit="epochs")
    assert timescale.flag_value(0.1, units) == 9.6
    assert SearchRange(low=0.1, high=3.0).flag_value(1 / 3, units) == 0.3333
    assert SearchRange(low=1, high=3, integer=True).flag_value(2, units) == 2
    decay = SearchRange(low=0.1, high=0.5, integer=True, unit="epochs")
    assert (decay.flag_value(0.26, units), decay.flag_value(0.001, units)) == (
        *(25, 1),
    )
    trial = optuna.create_study().ask()
    assert 0.1 <= decay.suggest(trial, "decay") <= 0.5
    assert SearchRange(choices=(0.99999, 0.9)).flag_value(0.99999, units) == (
        0.99999
    )


@pytest.mark.parametrize(
    "fields, text",
    [
        ({}, "needs `choices`, or `low` and `high`"),
        ({"low": 1, "high": 2, "choices": (1,)}, "needs `choices`, or `low`"),
        ({"low": 2}, "`low` must be less than `high`"),
        ({"low": 2, "high": 2}, "Received: low=2, high=2"),
        ({"low": "1", "high": 2}, "`low` must be a number"),
        ({"low": 0, "high": 1, "log": True}, "above 0 on a logarithmic scale"),
        ({"low": 0, "high": 1, "first": 2}, "`first` must be from 0 to 1"),
        ({"low": 0, "high": 1, "unit": "steps"}, "one of epochs, learning_"),
    ],
)
def test_wrong_range_is_refused(fields, text):
    with pytest.raises(ValueError, match=text):
        SearchRange(**fields)
