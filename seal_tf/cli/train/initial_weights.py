"""Initialize a network with the weights of a trained one."""

from __future__ import annotations

from pathlib import Path

import keras

from seal_tf.utils.keras_files import load_keras_model


def load_initial_weights(model: keras.Model, path: str | Path) -> None:
    """Load the weights of a `.keras` file into a network.

    To fine-tune on other classes, the classifier may have another number of
    outputs than in the file. It then keeps its initial values, and a line
    says so. All other weights must have the shapes of the file.

    Args:
        model: The built network.
        path: A `.keras` file of the same architecture.

    Raises:
        ValueError: If Keras cannot load the file, or if its weights do not
            fit.
    """
    trained = load_keras_model(path, "init_from")
    ours, theirs = model.weights, trained.weights
    different = [
        (a, b) for a, b in zip(ours, theirs, strict=False) if a.shape != b.shape
    ]
    classifier = [layer for layer in model.layers if layer.weights][-1].weights
    other_classes = all(
        any(a is weight for weight in classifier)
        and tuple(a.shape[:-1]) == tuple(b.shape[:-1])
        for a, b in different
    )
    if len(ours) != len(theirs) or not other_classes:
        mismatch = f"{len(ours)} weights here, {len(theirs)} there"
        if different:
            a, b = different[0]
            mismatch = (
                f"{a.path} has shape {tuple(a.shape)} here and "
                f"{tuple(b.shape)} there"
            )
        raise ValueError(
            f"`init_from={path}`: its weights do not fit {model.name} "
            f"({mismatch}). Set `arch` and `image_size` as for that model; "
            "only the number of classes may differ."
        )
    values = trained.get_weights()
    if different:
        mine = model.get_weights()
        values = [
            new if new.shape == old.shape else old
            for old, new in zip(mine, values, strict=True)
        ]
        a, b = different[0]
        print(
            f"init_from: the classifier has {a.shape[-1]} classes here and "
            f"{b.shape[-1]} in the file, so it keeps its initial values"
        )
    model.set_weights(values)
