"""`--probe=sharpness`: curvature of the training loss at the weights."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

import pipelines.preprocessing
from seal_tf.commands.loading import load_keras
from seal_tf.commands.probing.asked import Asked
from seal_tf.probes import sharpness
from seal_tf.probes.export import gives_probabilities


def run(asked: Asked) -> dict:
    """Measures every network; see `seal_tf.probes.sharpness`."""
    flags = asked.flags
    networks, smoothing = [], None
    for subject in asked.subjects:
        model, card = _model(subject, flags)
        train, _ = asked.data(model.input_shape[1:], subject.given)
        classes = len(train.class_names)
        if train.image_shape != tuple(model.input_shape[1:]):
            raise ValueError(
                f"{subject.given} takes images of {model.input_shape[1:]}, "
                f"and {train.name} has {train.image_shape} (height, width, "
                "channels)."
            )
        if model.output_shape != (None, classes):
            raise ValueError(
                f"{subject.given}: gives {model.output_shape[1:]}, and "
                f"{train.name} has {classes} classes: the training loss is "
                "of the classes that it was trained on."
            )
        smoothing = flags.label_smoothing
        if smoothing is None:
            smoothing = card.get("flags", {}).get("label_smoothing", 0.0)
        chosen = _batch(len(train), flags)
        inside = flags.preprocessing or card.get("inside", "torch")
        images = pipelines.preprocessing.function(inside)(train.pixels[chosen])
        probable = gives_probabilities(model, images[:8])
        curvature = sharpness.Curvature(
            model,
            images,
            tf.one_hot(train.labels[chosen], classes) * (1 - smoothing)
            + smoothing / classes,
            loss=sharpness.cross_entropy(from_logits=not probable),
        )
        top = sharpness.largest_eigenvalue(
            curvature,
            seed=flags.seed,
            most=flags.power_iterations,
            progress=asked.progress(f"{subject.name}: power iteration"),
        )
        whole = sharpness.trace(
            curvature,
            samples=flags.trace_samples,
            seed=flags.seed,
            progress=asked.progress(f"{subject.name}: trace"),
        )
        error = whole["standard_error"]
        print(
            f"{subject.name}: largest eigenvalue {top['value']:.4g} "
            f"({'' if top['converged'] else 'not '}converged in "
            f"{top['iterations']} iterations), trace {whole['value']:.4g}"
            + (f" ± {error:.2g}" if error is not None else "")
        )
        results = {
            "largest_eigenvalue": top,
            "trace": whole,
            "images": len(chosen),
            "label_smoothing": smoothing,
        }
        networks.append({**asked.about(subject), "results": results})
    return {
        "protocol": f"cross-entropy, without L2, mean over "
        f"{flags.sharpness_images} training images drawn by seed "
        f"{flags.seed}, not augmented; all trainable weights; "
        "BatchNormalization in inference mode; float32",
        "networks": networks,
    }


def _model(subject, flags):
    """The Keras model, and what the card of its export says."""
    if subject.keras is None:
        raise ValueError(
            f"{subject.given}: sharpness needs the Keras model; give a work "
            "directory or a .keras file."
        )
    if subject.workdir is None and flags.preprocessing is None:
        raise ValueError(
            f"{subject.keras}: say what the model takes, by --preprocessing="
            "none|unit|tf|torch|caffe (see --help)."
        )
    model = sharpness.in_float32(load_keras(subject.keras, "--export"))
    shape = getattr(model, "input_shape", None)
    if not isinstance(shape, tuple) or len(shape) != 4 or None in shape[1:]:
        raise ValueError(f"{subject.keras}: takes {shape}, not images.")
    return model, subject.card()


def _batch(count, flags):
    if flags.sharpness_images > count:
        raise ValueError(
            f"--sharpness_images={flags.sharpness_images}: there are {count:,}"
            " training images."
        )
    rng = np.random.default_rng([flags.seed, 2])
    return np.sort(rng.permutation(count)[: flags.sharpness_images])
