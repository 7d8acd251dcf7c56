"""Loading exported networks."""

import dataclasses
import shutil

import numpy as np
import pytest

from seal_tf.probes.network import load_network


def test_load_network_reads_taps_and_classes_of_the_card(exported):
    _, network = exported
    assert network.taps == ("c0", "c1", "c2", "penultimate")
    assert network.image_shape == (8, 8, 3)
    assert network.is_trained_on(["a", "b", "c"])
    assert not network.is_trained_on(["a", "c", "b"])


def test_check_tap_of_unknown_name_lists_the_taps(exported):
    _, network = exported
    network.check_tap("c1")
    with pytest.raises(ValueError, match="one of c0, c1, .*tap=x"):
        network.check_tap("x")


def test_load_network_without_a_complete_export_raises(exported, tmp_path):
    model, network = exported
    with pytest.raises(ValueError, match="is not an export"):
        load_network(tmp_path)
    shutil.copytree(network.path, tmp_path / "export")
    (tmp_path / "export" / "card.json").unlink()
    with pytest.raises(ValueError, match="card.json is missing"):
        load_network(tmp_path / "export")
    (tmp_path / "export" / "card.json").write_text("{}")
    with pytest.raises(ValueError, match="the card lacks 'taps'"):
        load_network(tmp_path / "export")
    model.export(tmp_path / "bare", verbose=False)
    (tmp_path / "bare" / "card.json").write_text("{}")
    with pytest.raises(ValueError, match="no endpoint `features`"):
        load_network(tmp_path / "bare")


def test_logits_of_independent_classes_raise(exported):
    _, network = exported
    network.check_exclusive_classes("this test")
    sigmoid = dataclasses.replace(
        network, card=network.card | {"output_kind": "sigmoid"}
    )
    images = np.zeros((1, 8, 8, 3), np.uint8)
    assert network.logits(images).shape == (1, 3)
    with pytest.raises(ValueError, match="or logits. Received: sigmoid"):
        sigmoid.logits(images)
