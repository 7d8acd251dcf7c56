from seal_tf.study.figures import plot_trials

STYLE = {"color": "#0072B2", "marker": "o", "linestyle": "-"}


def trial(candidate, score, state="complete"):
    return {"candidate": candidate, "score": score, "state": state}


def test_plot_trials_marks_the_best_and_the_stopped():
    figure = plot_trials(
        [
            trial("a", 0.5),
            trial("a", 0.7),
            trial("a", 0.9, "pruned"),
            trial("a", None, "fail"),
        ],
        {"a": "first", "b": "second"},
        {"first": STYLE, "second": STYLE},
    )
    (ax,) = figure.axes
    assert [t.get_text() for t in ax.get_yticklabels()] == ["first", "second"]
    lines = [line for line in ax.lines if len(line.get_xdata())]
    assert [list(line.get_xdata()) for line in lines] == [
        [50.0, 70.0],
        [90.0],
        # The best one: a stopped trial has no result.
        [70.0],
    ]
    assert lines[1].get_fillstyle() == "none"
    assert lines[2].get_markersize() > lines[0].get_markersize()
    assert {line.get_linestyle() for line in lines} == {"None"}


def test_plot_trials_without_a_score_is_none():
    trials = [trial("a", None, "fail")]
    assert plot_trials(trials, {"a": "a"}, {"a": STYLE}) is None
