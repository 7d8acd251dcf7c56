"""Colors."""

import pytest

from seal_tf.schedules.schedule import METHODS
from seal_tf.utils import plot_colors
from seal_tf.utils.plot_colors import DARK, LIGHT, contrast, method_color


def test_contrast_equals_examples_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    # The lightest gray with a ratio of 4.5 to white.
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert contrast("#123456", "#123456") == 1


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_colors_of_data_have_a_contrast_of_three(theme):
    colors = {
        plot_colors.BASELINE,
        *plot_colors.METHODS.values(),
        *plot_colors.SPLITS.values(),
        *plot_colors.LAYERS.values(),
        *plot_colors.VERDICTS.values(),
        *plot_colors.SERIES,
    }
    low = {c for c in colors if contrast(c, theme.background) < 3}
    assert not low


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_text_has_a_contrast_of_four_and_a_half(theme):
    for text in (theme.ink, theme.muted):
        for background in (theme.background, theme.shade):
            assert contrast(text, background) >= 4.5


def test_every_method_has_a_color_of_its_own():
    assert set(METHODS) <= set(plot_colors.METHODS)
    colors = list(plot_colors.METHODS.values())
    assert len(set(colors)) == len(colors)
    assert plot_colors.BASELINE not in colors


def test_method_color_of_another_method_is_always_the_same():
    assert method_color("mine") == method_color("mine")
    assert method_color("mine") in plot_colors.METHODS.values()
    assert method_color(None) in plot_colors.SERIES


def test_method_color_of_a_combination_is_that_of_its_first_part():
    assert method_color("llf+seal") == plot_colors.METHODS["llf"]
    assert method_color("normal+swa") == plot_colors.METHODS["swa"]
    assert method_color("normal") == plot_colors.METHODS["normal"]
