"""The style of figures."""

from xml.etree import ElementTree

import numpy as np
import pytest

from seal_tf.utils import plot_colors, plot_style
from seal_tf.utils.plot_colors import DARK, LIGHT


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


def test_figures_show_texts_as_they_are():
    """Dollar signs start no formula, and other bytes than UTF-8 no error."""
    figure, ax = plot_style.new_figure(3, 2)
    ax.plot([1, 2], [1, 9], label="a$b$")
    ax.set_title("caf\udce9")
    ax.set_xticks([1, 2], [r"5$ \alfa 6$", "$"])
    ax.set_yscale("log")
    plot_style.add_legend(ax)
    svg = plot_style.to_svg(figure)
    texts = [
        element.text
        for element in ElementTree.fromstring(svg).iter()
        if element.tag.endswith("}text")
    ]
    assert {"a$b$", "caf\N{REPLACEMENT CHARACTER}", r"5$ \alfa 6$", "$"} <= set(
        texts
    )
    # The same, drawn once more.
    assert plot_style.to_svg(figure) == svg
    assert plot_style.to_png(figure)


def test_method_styles_have_one_color_for_each_method():
    styles = plot_style.method_styles(
        ["normal", "seal", "llf", "seal", None, None, "normal"]
    )
    colors = [style["color"] for style in styles]
    assert colors[0] == plot_colors.BASELINE
    assert colors[1] == colors[3] == plot_colors.METHODS["seal"]
    # Lines of one color differ in their dashes.
    assert styles[1]["linestyle"] != styles[3]["linestyle"]
    assert colors[4] != colors[5]
    assert colors[6] == plot_colors.METHODS["normal"]
    gray = plot_style.method_styles(["normal", "seal"], baseline=1)
    assert gray[1]["color"] == plot_colors.BASELINE != gray[0]["color"]


def test_to_svg_is_reproducible_and_has_dark_colors():
    texts = []
    for _ in range(2):
        figure, ax = plot_style.new_figure(3, 2)
        ax.plot([1, 2], [3, 4])
        ax.set_xlabel("epoch")
        texts.append(plot_style.to_svg(figure))
    text, again = texts
    assert text == again
    root = ElementTree.fromstring(text)
    assert root.tag.endswith("svg")
    # Text stays text.
    labels = [t.text for t in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "epoch" in labels
    style = root.find(".//{http://www.w3.org/2000/svg}style").text
    for theme_name in vars(LIGHT):
        light, dark = (getattr(t, theme_name) for t in (LIGHT, DARK))
        rule = f'[style*="fill: {light}"]{{fill:{dark}!important}}'
        assert rule in style


def test_add_legend_has_columns_by_the_length_of_names():
    figure, axes = plot_style.new_figure(6, 2, columns=2)
    for ax, name in zip(axes, ("x", "a very long name of a run"), strict=True):
        for i in range(3):
            ax.plot([1], [1], label=f"{name}{i}")
        plot_style.add_legend(ax)
    assert axes[0].get_legend()._ncols == 3
    assert axes[1].get_legend()._ncols == 1


def test_add_legend_with_many_rows_makes_the_figure_higher():
    heights = []
    for count in (2, 4, 11):
        figure, ax = plot_style.new_figure(6, 4)
        for i in range(count):
            ax.plot([0, 1], label=f"a method with a long name, number {i}" * 2)
        plot_style.add_legend(ax)
        heights.append(figure.get_figheight())
    assert heights == pytest.approx([4, 4, 5.4])


def test_add_legend_shows_names_that_begin_with_an_underscore():
    _, ax = plot_style.new_figure()
    ax.plot([1, 2], label="_baseline")
    ax.errorbar([0, 1], [1, 2], [1, 1], label="_seal")
    ax.plot([2, 1])
    plot_style.add_legend(ax)
    texts = [text.get_text() for text in ax.get_legend().get_texts()]
    assert texts == ["\u200b_baseline", "\u200b_seal"]
