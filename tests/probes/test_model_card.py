"""The page beside an export: YAML that hubs read, and words that are true."""

import pytest
import yaml

from seal_tf.probes import model_card

PLAIN = {
    "input": {"dtype": "uint8", "shape": [8, 8, 1]},
    "endpoints": ["features", "serve"],
    "taps": {"block1": [8, 8, 16], "penultimate": [16]},
    "pooling": "none",
    "versions": {"tensorflow": "2", "keras": "3"},
}
OF_RUN = PLAIN | {
    "classes": ["a", "b"],
    "method": "seal+snapshots",
    "weights": "best",
    "flags": {
        "arch": "small",
        "dataset": "tiny_imagenet",
        "classes": 2,
        "generations": 3,
        "seed": 1,
    },
    "results": {
        "epochs": 9,
        "last": {"epoch": 8, "val_accuracy": 0.5},
        "best": {"epoch": 4, "val_accuracy": 0.75},
    },
}


def _read(name, card):
    text = model_card.text(name, card)
    front, page = text.removeprefix("---\n").split("\n---\n")
    return yaml.safe_load(front), page


@pytest.mark.parametrize(
    "name", ["plain", 'a "quote": # and', "emoji 😀", "- ümlaut", "{x}: [1"]
)
def test_any_name(name):
    front, page = _read(name, OF_RUN)
    assert front["model-index"][0]["name"] == name
    assert page.startswith(f"\n# {name}\n")


def test_only_what_is_so_of_these_weights():
    front, page = _read("x", OF_RUN)
    (result,) = front["model-index"][0]["results"]
    (metric,) = result["metrics"]
    assert metric["value"] == 0.75
    assert "best epoch" in metric["name"]
    assert result["dataset"]["name"] == "tiny_imagenet, 2 classes"
    assert "75.00%" in page and "50.00%" not in page
    assert front["tags"][-2:] == ["seal", "snapshots"]
    assert "| generations | 3 |" in page
    # A slice of the training set decided: the published split is told.
    held = {"images": 40, "accuracy": 0.625, "loss": 1.0}
    results = OF_RUN["results"] | {"test": held}
    front, page = _read("x", OF_RUN | {"results": results})
    (metric,) = front["model-index"][0]["results"][0]["metrics"]
    assert metric["value"] == 0.625
    assert "published split" in metric["name"] and "62.50%" in page


def test_of_other_networks():
    front, page = _read("theirs", PLAIN | {"endpoints": ["features"]})
    assert front["pipeline_tag"] == "image-feature-extraction"
    assert "model-index" not in front and "model.serve" not in page
    assert "`block1`, `penultimate`" in page
    front, page = _read("five", PLAIN | {"members": 5, "endpoints": ["serve"]})
    assert "5 snapshots of one training together" in page
    assert front["pipeline_tag"] == "image-classification"
