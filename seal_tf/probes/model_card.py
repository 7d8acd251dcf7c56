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
    flags, results = card.get("flags", {}), card.get("results", {})
    lines = [
        "---",
        "library_name: keras",
        "pipeline_tag: image-classification"
        if "serve" in card["endpoints"]
        else "pipeline_tag: image-feature-extraction",
        "tags: " + json.dumps(["seal_tf", *_methods(card)]),
    ]
    if results:
        # Names are JSON, which is YAML, whatever is in them.
        lines += [
            "model-index:",
            f"- name: {json.dumps(name)}",
            "  results:",
            "  - task: {type: image-classification}",
            f"    dataset: {{type: {json.dumps(flags['dataset'])}, "
            f"name: {json.dumps(flags['dataset'])}, split: validation}}",
            "    metrics:",
            *(
                "    - {type: accuracy, name: "
                f"{json.dumps('validation accuracy, ' + which + ' epoch')}, "
                f"value: {results[which]['val_accuracy']:.4f}}}"
                for which in ("last", "best")
            ),
        ]
    return "\n".join([*lines, "---"])


def _methods(card):
    return card["method"].split("+") if "method" in card else []


def _what(card):
    height, width, channels = card["input"]["shape"]
    said = [
        f"A network of images ({height} x {width} x {channels}, uint8) as a "
        "SavedModel: TensorFlow alone loads it."
    ]
    if "classes" in card:
        said.append(f"It tells {len(card['classes'])} classes apart.")
    if "results" in card:
        said.append(
            f"`{card['flags']['arch']}`, trained on "
            f"`{card['flags']['dataset']}` with {card['method']} by seal_tf."
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
    last, best = results["last"], results["best"]
    rows = [f"| {n} | {flags[n]} |" for n in _TRAINING if n in flags]
    return "\n".join(
        [
            "## Training and results",
            f"Validation accuracy {last['val_accuracy']:.2%} after the last "
            f"of {results['epochs']} epochs, {best['val_accuracy']:.2%} after "
            f"the best (epoch {best['epoch'] + 1}), on the split that "
            f"training was watched on. The weights are those of the "
            f"{card['weights']} epoch.",
            "",
            "| | |",
            "|---|---|",
            *rows,
            "",
            "All flags are in `card.json`; the same run again: "
            "`python -m seal_tf.train --flagfile=flags.txt` with the "
            "`flags.txt` of its work directory.",
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
