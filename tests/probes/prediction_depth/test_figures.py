"""The figures of the prediction-depth probe."""

from seal_tf.probes.prediction_depth import figures
from tests.probes.prediction_depth.examples import by_depth_row, depth_entry


def test_depth_figures_without_metrics_has_three():
    names = [part.name for part in figures.depth_figures([depth_entry()])]
    assert names == ["accuracy_per_tap", "depth_histogram", "depth_by_class"]


def test_depth_figures_prefer_agreement_of_all_networks():
    both = depth_entry(definitions=("correctness", "agreement"))
    assert figures.common_definition([both]) == "agreement"
    assert figures.common_definition([both, depth_entry()]) == "correctness"


def test_plot_metrics_by_depth_omits_depths_of_few_images():
    rows = [by_depth_row(1, 20, 0.5), by_depth_row(2, 9, 0.9)]
    learned = [{"depth": 1, "examples": 20, "never_fraction": 0.0, "mean": 2.0}]
    network = depth_entry(
        by_depth=rows, learning_epochs={"first_correct": learned}
    )
    figure = figures.plot_metrics_by_depth([network], "correctness")
    assert list(figure.axes[0].lines[0].get_xdata()) == [1]
    assert list(figure.axes[4].lines[0].get_ydata()) == [3.0]
