"""Model cards: YAML front matter, and statements that hold."""

import shlex

import pytest
import yaml

from seal_tf.probes import model_card

BASE_CARD = {
    "input": {"dtype": "uint8", "shape": [8, 8, 1]},
    "endpoints": ["features", "serve"],
    "taps": {"block1": [8, 8, 16], "penultimate": [16]},
    "pooling": "none",
    "versions": {"tensorflow": "2", "keras": "3"},
}
RUN_CARD = BASE_CARD | {
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


def read_card(name, card):
    text = model_card.format_card(name, card)
    front, body = text.removeprefix("---\n").split("\n---\n")
    return yaml.safe_load(front), body


@pytest.mark.parametrize(
    "name", ["plain", 'a "quote": # and', "emoji 😀", "- ümlaut", "{x}: [1"]
)
def test_format_card_quotes_any_name(name):
    front, body = read_card(name, RUN_CARD)
    assert front["model-index"][0]["name"] == name
    assert body.startswith(f"\n# {name}\n")


def test_format_card_reports_the_exported_weights():
    front, body = read_card("x", RUN_CARD)
    (result,) = front["model-index"][0]["results"]
    (metric,) = result["metrics"]
    assert metric["value"] == 0.75
    assert "best epoch" in metric["name"]
    assert result["dataset"]["name"] == "tiny_imagenet, 2 classes"
    assert "75.00%" in body and "50.00%" not in body
    assert front["tags"][-2:] == ["seal", "snapshots"]
    assert "| generations | 3 |" in body
    # With a split of the training images, the published split is reported.
    held = {"images": 40, "accuracy": 0.625, "loss": 1.0}
    results = RUN_CARD["results"] | {"test": held}
    front, body = read_card("x", RUN_CARD | {"results": results})
    (metric,) = front["model-index"][0]["results"][0]["metrics"]
    assert metric["value"] == 0.625
    assert "published split" in metric["name"] and "62.50%" in body


def test_format_card_of_other_networks_has_no_results():
    front, body = read_card("other", BASE_CARD | {"endpoints": ["features"]})
    assert front["pipeline_tag"] == "image-feature-extraction"
    assert "model-index" not in front and "model.serve" not in body
    assert "`block1`, `penultimate`" in body
    front, body = read_card(
        "five", BASE_CARD | {"members": 5, "endpoints": ["serve"]}
    )
    assert "ensemble of 5 snapshots of one training run" in body
    assert front["pipeline_tag"] == "image-classification"


def test_format_card_names_the_folder_of_the_images_and_the_command():
    flags = RUN_CARD["flags"] | {
        "dataset": "image_folder",
        "data_dir": "/data/birds.zip",
    }
    command = ["python", "-m", "seal_tf.train", "--dataset=image_folder"]
    card = RUN_CARD | {"flags": flags, "command": command}
    front, body = read_card("x", card)
    (result,) = front["model-index"][0]["results"]
    assert result["dataset"] == {"type": "birds", "name": "birds, 2 classes"}
    assert "trained on birds, 2 classes" in body
    assert f"```sh\n{' '.join(command)}\n```" in body
    _, body = read_card("x", RUN_CARD)
    assert "```sh" not in body


def test_format_card_breaks_the_command_between_words_only():
    command = ["python", *(f"'--name={'a b' * 6}'" for _ in range(5))]
    _, body = read_card("x", RUN_CARD | {"command": command})
    text = body.split("```sh\n")[1].split("```")[0]
    lines = text.splitlines()
    assert len(lines) == 3, lines
    assert all(line.endswith(" \\") for line in lines[:-1])
    assert shlex.split(text.replace("\\\n", "")) == shlex.split(
        " ".join(command)
    )
