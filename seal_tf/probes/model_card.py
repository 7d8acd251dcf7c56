"""The page that goes with an export, as model hubs show it."""

from __future__ import annotations

import json

#: Shown of the flags; all of them are in `card.json`.
_TRAINING = (
    "generations",
    "epochs_per_generation",
    "batch_size",
    "learning_rate",
    "optimizer",
    "l2",
    "precision",
    "seed",
)


def text(name: str, card: dict) -> str:
    """Markdown with the front matter that Hugging Face reads.

    Args:
        name: Of the network.
        card: What `card.json` says.
    """
    return "\n\n".join(
        part
        for part in (
            _front(name, card),
            f"# {name}",
            _what(card),
            _use(card),
            _training(card),
            _limits(card),
        )
        if part
    )


def _front(name, card):
    lines = [
        "---",
        "pipeline_tag: image-classification"
        if "serve" in card["endpoints"]
        else "pipeline_tag: image-feature-extraction",
        "tags: "
        + _quoted(["tensorflow", "saved-model", "seal_tf", *_methods(card)]),
    ]
    if "results" in card:
        said, _ = _measured(card)
        data = _quoted(card["flags"]["dataset"])
        lines += [
            "model-index:",
            f"- name: {_quoted(name)}",
            "  results:",
            "  - task: {type: image-classification}",
            f"    dataset: {{type: {data}, name: {_quoted(_data(card))}}}",
            "    metrics:",
            "    - {type: accuracy, name: "
            f"{_quoted('accuracy, ' + said)}, value: {_accuracy(card):.4f}}}",
        ]
    return "\n".join([*lines, "---"])


def _quoted(value):
    """As JSON, which is YAML but for escapes of what is beyond 16 bits."""
    return json.dumps(value, ensure_ascii=False)


def _data(card):
    """What it was trained on: the data set, and how much of it."""
    flags = card["flags"]
    asked = [
        f"{flags[name]} {said}"
        for name, said in (
            ("classes", "classes"),
            ("skip_classes", "classes left out"),
            ("images_per_class", "images of each"),
        )
        if flags.get(name)
    ]
    return ", ".join([flags["dataset"], *asked])


def _measured(card):
    """(on what the weights that are exported were measured, the numbers)."""
    results, which = card["results"], card["weights"]
    if results.get("test"):
        return "the published split, looked at once", results["test"]
    return f"the split that training watched, {which} epoch", results[which]


def _accuracy(card):
    _, numbers = _measured(card)
    return numbers.get("accuracy" if "images" in numbers else "val_accuracy")


def _methods(card):
    return card["method"].split("+") if "method" in card else []


def _what(card):
    height, width, channels = card["input"]["shape"]
    said = [
        f"A network of images ({height} x {width} x {channels}, uint8) as a "
        "SavedModel: TensorFlow alone loads it."
    ]
    if "members" in card:
        said.append(
            f"{card['members']} snapshots of one training together: "
            "`probabilities` is the mean of theirs, `members` each one's."
        )
    if "classes" in card:
        said.append(f"It tells {len(card['classes'])} classes apart.")
    if "results" in card:
        said.append(
            f"`{card['flags']['arch']}`, trained on {_data(card)} with "
            f"{card['method']} by seal_tf."
        )
    return " ".join(said)


def _use(card):
    height, width, channels = card["input"]["shape"]
    taps = ", ".join(f"`{tap}`" for tap in card.get("taps", ()))
    lines = [
        "## Use it",
        "```python",
        "import numpy as np",
        "import tensorflow as tf",
        "",
        "model = tf.saved_model.load(FOLDER)",
        f"images = np.zeros((1, {height}, {width}, {channels}), np.uint8)",
    ]
    if "serve" in card["endpoints"]:
        lines.append('model.serve(images)["probabilities"]')
    if "features" in card["endpoints"]:
        lines.append("model.features(images)  # a dict, one entry a tap")
    lines.append("```")
    if taps:
        lines.append(f"\nTaps: {taps} ({card['pooling']}).")
    return "\n".join(lines)


def _training(card):
    if "results" not in card:
        return ""
    flags, results = card["flags"], card["results"]
    where, _ = _measured(card)
    rows = [f"| {n} | {flags[n]} |" for n in _TRAINING if n in flags]
    return "\n".join(
        [
            "## Training and results",
            f"Accuracy {_accuracy(card):.2%} ({where}). The weights are those "
            f"of the {card['weights']} of {results['epochs']} epochs.",
            "",
            "| | |",
            "|---|---|",
            *rows,
            "",
            "All flags are in `card.json`; the same run again: "
            "`seal-train --flagfile=flags.txt --workdir=NEW --data_dir=YOURS`, "
            "with the `flags.txt` of its work directory.",
        ]
    )


def _limits(card):
    versions = ", ".join(f"{n} {v}" for n, v in card["versions"].items())
    return "\n".join(
        [
            "## Limits",
            "Nothing is known of images unlike those it was trained on, nor of "
            "how it treats groups of people. Licence and terms are those of "
            "the images and of whoever trained it.",
            "",
            f"Made with {versions}.",
        ]
    )
