"""Any network of keras.applications, made for logits from scratch."""

from __future__ import annotations

import difflib
import inspect
import re

import keras


def application(arch: str, input_shape, classes: int):
    """Builds `keras.applications.<arch>` without weights, with logits.

    Its own preprocessing layers are off: the pipeline normalises.

    Raises:
        ValueError: there is no such network; or it cannot take the input,
            with its least image size where it says one.
    """
    constructor = getattr(keras.applications, arch, None)
    if not inspect.isfunction(constructor):
        names = [
            n
            for n in dir(keras.applications)
            if inspect.isfunction(getattr(keras.applications, n))
        ]
        from seal_tf.models.names import SHOWN

        near = difflib.get_close_matches(arch, [*names, *SHOWN], 3, 0.3)
        raise ValueError(
            f"no network {arch!r}: there are {', '.join(SHOWN)} and any "
            "of keras.applications"
            + (f"; did you mean {' or '.join(near)}?" if near else ".")
        )
    arguments = {
        "weights": None,
        "input_shape": input_shape,
        "classes": classes,
        "classifier_activation": None,
    }
    if "include_preprocessing" in inspect.signature(constructor).parameters:
        arguments["include_preprocessing"] = False
    try:
        network = constructor(**arguments)
    except ValueError as error:
        shape = "x".join(map(str, input_shape))
        least = re.search(r"at least (\d+x\d+)", str(error))
        raise ValueError(
            f"{arch} cannot take {shape} images"
            + (
                f": it needs at least {least[1]} pixels; give --image_size="
                f"{least[1].split('x')[0]} or more."
                if least
                else f": {str(error).splitlines()[0]}"
            )
        ) from error
    for layer in network.layers:
        if isinstance(layer, keras.layers.Rescaling):
            # Some families (EfficientNet) cannot leave theirs out.
            layer.scale, layer.offset = 1.0, 0.0
    return network
