"""The style of figures."""

import numpy as np

from seal_tf.utils import plot_style


def test_new_figure_renders_as_png():
    figure, ax = plot_style.new_figure(3, 2)
    ax.plot([1, 2], [3, 4], label="x", **plot_style.line_style(0))
    plot_style.add_legend(ax)
    assert plot_style.to_png(figure).startswith(b"\x89PNG")


def test_new_figure_without_squeeze_returns_array():
    _, axes = plot_style.new_figure(3, 2, squeeze=False)
    assert axes.shape == (1, 1)


def test_line_style_differs_for_many_lines():
    styles = [tuple(plot_style.line_style(i).values()) for i in range(20)]
    assert len(set(styles)) == 20


def test_set_signed_log_scale_ticks_powers_of_both_signs():
    _, ax = plot_style.new_figure(3, 2)
    plot_style.set_signed_log_scale(ax, [-0.01, 0, 0.1])
    ticks = ax.get_yticks()
    np.testing.assert_allclose(ticks, [-0.01, 0, 0.01, 0.1])
