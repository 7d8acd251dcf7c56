"""Write the model card of an export, in the form that model hubs show."""

from __future__ import annotations

import json
from typing import Any

from seal_tf.utils.image_folder_name import image_folder_name

#: Flags that the card shows; `card.json` contains all of them.
_TRAINING_FLAGS = (
    "generations",
    "epochs_per_generation",
    "batch_size",
    "learning_rate",
    "optimizer",
    "l2",
    "precision",
    "seed",
)

#: What `serve` returns, by kind of output.
_OUTPUTS = {
    "softmax": "the Keras model predicts the `probabilities` of exclusive "
    "classes, and `logits` is their logarithm",
    "logits": "the Keras model predicts `logits`, and `probabilities` is "
    "their softmax",
    "sigmoid": "the Keras model predicts `probabilities`, which are "
    "independent for each class and do not sum to 1",
    "sigmoid_logits": "the Keras model predicts `logits`, and `probabilities` "
    "is their sigmoid, independent for each class",
    "values": "the Keras model predicts `outputs`, which are no class scores",
    "multiple": "`serve` returns each output of the Keras model as it is",
}

#: Content of `card.json`.
Card = dict[str, Any]


def data_set_name(flags: dict[str, Any]) -> str:
    """Return the name of the training images.

    Args:
        flags: The flags of the run.

    Returns:
        The data set; for a folder of images, the name of the folder or zip.
    """
    name, folder = str(flags["dataset"]), flags.get("data_dir")
    if name == "image_folder" and folder:
        return image_folder_name(folder)
    return name


def format_card(name: str, card: Card) -> str:
    """Format a model card as Markdown with Hugging Face's front matter.

    Args:
        name: Name of the network.
        card: Content of `card.json`.

    Returns:
        The Markdown text.
    """
    return "\n\n".join(
        part
        for part in (
            _front_matter(name, card),
            f"# {name}",
            _description(card),
            _usage(card),
            _training(card),
            _limits(card),
        )
        if part
    )


def _front_matter(name: str, card: Card) -> str:
    lines = [
        "---",
        f"pipeline_tag: {_task(card)}",
        "tags: "
        + _quote(["tensorflow", "saved-model", "seal_tf", *_methods(card)]),
    ]
    if "results" in card:
        evaluation_set, _ = _evaluation(card)
        dataset = _quote(data_set_name(card["flags"]))
        lines += [
            "model-index:",
            f"- name: {_quote(name)}",
            "  results:",
            "  - task: {type: image-classification}",
            f"    dataset: {{type: {dataset}, "
            f"name: {_quote(_training_data(card))}}}",
            "    metrics:",
            "    - {type: accuracy, name: "
            f"{_quote('accuracy, ' + evaluation_set)}, "
            f"value: {_accuracy(card):.4f}}}",
        ]
    return "\n".join([*lines, "---"])


def _task(card: Card) -> str:
    """Return the task as model hubs name it."""
    if "serve" not in card["endpoints"]:
        return "image-feature-extraction"
    if card.get("output_kind") in ("values", "multiple"):
        return "other"
    return "image-classification"


def _quote(value: object) -> str:
    """Quote a value as JSON, which YAML accepts without ASCII escapes."""
    return json.dumps(value, ensure_ascii=False)


def _training_data(card: Card) -> str:
    """Return the data set and the part of it that training used."""
    flags = card["flags"]
    parts = [
        f"{flags[name]} {text}"
        for name, text in (
            ("classes", "classes"),
            ("skip_classes", "classes skipped"),
            ("images_per_class", "images per class"),
            ("label_noise", "of the labels replaced"),
        )
        if flags.get(name)
    ]
    return ", ".join([data_set_name(flags), *parts])


def _evaluation(card: Card) -> tuple[str, dict[str, Any]]:
    """Return what the exported weights were evaluated on, and the metrics."""
    results, which = card["results"], card["weights"]
    if results.get("test"):
        return "the published split, evaluated once", results["test"]
    if which == "averaged":
        return "the validation split of training", results[which]
    return f"the validation split of training, {which} epoch", results[which]


def _accuracy(card: Card) -> float:
    _, metrics = _evaluation(card)
    return metrics["accuracy" if "images" in metrics else "val_accuracy"]


def _methods(card: Card) -> list[str]:
    return card["method"].split("+") if "method" in card else []


def _description(card: Card) -> str:
    height, width, channels = card["input"]["shape"]
    sentences = [
        f"An image network ({height} x {width} x {channels}, uint8) as a "
        "SavedModel, which TensorFlow loads without other packages."
    ]
    kind = card.get("output_kind")
    if "members" not in card and kind in _OUTPUTS:
        sentences.append(f"Its output kind is {kind}: {_OUTPUTS[kind]}.")
    if card.get("output_kind_source") == "assumption":
        sentences.append(
            "The kind is an assumption, because neither the layers nor a loss "
            "determine it."
        )
    if "members" in card:
        sentences.append(
            f"An ensemble of {card['members']} snapshots of one training run: "
            "`probabilities` is the mean over the snapshots, `members` holds "
            "the probabilities of each."
        )
    if "classes" in card:
        sentences.append(f"It classifies {len(card['classes'])} classes.")
    if "results" in card:
        sentences.append(
            f"`{card['flags']['arch']}`, trained on {_training_data(card)} "
            f"with {card['method']} by seal_tf."
        )
    return " ".join(sentences)


def _usage(card: Card) -> str:
    height, width, channels = card["input"]["shape"]
    taps = ", ".join(f"`{tap}`" for tap in card.get("taps", ()))
    lines = [
        "## Usage",
        "```python",
        "import numpy as np",
        "import tensorflow as tf",
        "",
        "model = tf.saved_model.load(FOLDER)",
        f"images = np.zeros((1, {height}, {width}, {channels}), np.uint8)",
    ]
    if "serve" in card["endpoints"]:
        lines.append(_serve_line(card))
    if "features" in card["endpoints"]:
        lines.append("model.features(images)  # a dict with an entry per tap")
    lines.append("```")
    if taps:
        lines.append(f"\nTaps: {taps} ({card['pooling']}).")
    return "\n".join(lines)


def _serve_line(card: Card) -> str:
    if card.get("output_kind") == "multiple":
        return f"model.serve(images)  # a dict of {', '.join(card['outputs'])}"
    is_values = card.get("output_kind") == "values"
    name = "outputs" if is_values else "probabilities"
    return f'model.serve(images)["{name}"]'


def _weights(card: Card) -> str:
    """Say in a sentence which weights are exported."""
    results = card["results"]
    if card["weights"] == "averaged":
        return (
            f"The weights are an average of {results['averaged']['weights']} "
            f"sets of weights from {results['epochs']} epochs; the statistics "
            "of BatchNormalization are computed from training images."
        )
    return (
        f"The weights are those of the {card['weights']} of "
        f"{results['epochs']} epochs."
    )


def _training(card: Card) -> str:
    if "results" not in card:
        return ""
    flags = card["flags"]
    evaluation_set, _ = _evaluation(card)
    rows = [f"| {n} | {flags[n]} |" for n in _TRAINING_FLAGS if n in flags]
    return "\n".join(
        [
            "## Training and results",
            f"Accuracy {_accuracy(card):.2%} ({evaluation_set}). "
            f"{_weights(card)}",
            "",
            "| | |",
            "|---|---|",
            *rows,
            "",
            "`card.json` contains all flags.",
            *_command(card),
        ]
    )


def _command(card: Card) -> list[str]:
    """Return the lines of the command that trains the network again."""
    if "command" not in card:
        return []
    # Lines break between words only: a quoted word may have spaces.
    lines = [""]
    for word in card["command"]:
        if lines[-1] and len(lines[-1]) + len(word) >= 76:
            lines.append("   ")
        lines[-1] += f" {word}" if lines[-1] else word
    return [
        "This command trains it again:",
        "",
        "```sh",
        " \\\n".join(lines),
        "```",
    ]


def _limits(card: Card) -> str:
    versions = ", ".join(f"{n} {v}" for n, v in card["versions"].items())
    return "\n".join(
        [
            "## Limits",
            "The network was not evaluated on images unlike its training "
            "images, nor on how it treats groups of people. License and terms "
            "depend on the training images and on the author of the weights.",
            "",
            f"Exported with {versions}.",
        ]
    )
