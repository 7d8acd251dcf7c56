"""Kinds of outputs in flags and cards."""

import pytest

from seal_tf.probes import model_card
from seal_tf.probes.output_kinds import EXCLUSIVE_CLASSES, OUTPUT_KINDS
from tests.probes.test_model_card import BASE_CARD


def test_exclusive_classes_are_kinds():
    assert set(EXCLUSIVE_CLASSES) < set(OUTPUT_KINDS)


@pytest.mark.parametrize("kind", OUTPUT_KINDS)
def test_model_card_describes_every_kind(kind):
    card = BASE_CARD | {"output_kind": kind, "outputs": {"a": {}, "b": {}}}
    text = model_card.format_card("x", card)
    assert f"Its output kind is {kind}: " in text
