"""The figure of an ensemble."""

from seal_tf.probes.ensemble.figures import describe_ensemble, plot_ensemble

ENSEMBLE = {"snapshots": 2, "members": [0.4, 0.5], "last": [0.5, 0.6]}


def test_plot_ensemble_of_one_snapshot_has_no_interpolation():
    assert len(plot_ensemble(ENSEMBLE).axes) == 1


def test_plot_ensemble_draws_a_line_for_each_interpolation():
    line = [{"a": 0.0, "accuracy": 0.4}, {"a": 1.0, "accuracy": 0.5}]
    figure = plot_ensemble({**ENSEMBLE, "interpolation": [line]})
    assert len(figure.axes) == 2
    assert len(figure.axes[1].lines) == 1


def test_describe_ensemble_compares_with_the_last_snapshot():
    assert describe_ensemble(ENSEMBLE) == (
        "The ensemble of all 2 snapshots: 60.0 %; the last snapshot alone: "
        "50.0 %."
    )
