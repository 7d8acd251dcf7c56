"""Backbones of keras-cv, which its maintainers have retired (extra `cv`)."""

from __future__ import annotations

import difflib

import keras

#: Of the ResNets: (blocks of each stage, kind of block). keras-cv fetches the
#: numbers of all its other backbones from Kaggle, these need no network.
RESNETS = {
    "resnet18": ((2, 2, 2, 2), "basic_block"),
    "resnet34": ((3, 4, 6, 3), "basic_block"),
    "resnet50": ((3, 4, 6, 3), "block"),
    "resnet101": ((3, 4, 23, 3), "block"),
}


def backbone(input_shape, classes: int, name: str):
    """A keras-cv backbone from scratch, average pooling and logits.

    Args:
        input_shape: (height, width, channels).
        classes: Number of classes.
        name: resnet18, resnet34, resnet50, resnet101, each also with _v2, or
            the beginning of a class `…Backbone` of `keras_cv.models`.

    Raises:
        ValueError: keras-cv is not installed, has no such backbone, or
            cannot fetch its numbers.
    """
    arch = f"keras_cv:{name}"
    try:
        from keras_cv import models
    except ImportError as error:
        raise ValueError(
            f"--arch={arch} needs keras-cv: pip install 'seal_tf[cv]'."
        ) from error
    body = _body(models, name, input_shape, arch)
    x = keras.layers.GlobalAveragePooling2D(name="avg_pool")(body.output)
    outputs = keras.layers.Dense(classes, dtype="float32", name="predictions")(
        x
    )
    return keras.Model(body.inputs, outputs, name=name)


def _body(models, name, input_shape, arch):
    plain = name.removesuffix("_v2")
    if plain in RESNETS:
        blocks, kind = RESNETS[plain]
        second = name.endswith("_v2")
        make = models.ResNetV2Backbone if second else models.ResNetBackbone
        return make(
            stackwise_filters=[64, 128, 256, 512],
            stackwise_blocks=list(blocks),
            stackwise_strides=[1, 2, 2, 2],
            block_type=kind,
            include_rescaling=False,
            input_shape=input_shape,
        )
    known = {
        c.removesuffix("Backbone"): getattr(models, c)
        for c in dir(models)
        if c.endswith("Backbone")
    }
    if name not in known:
        near = difflib.get_close_matches(name, [*RESNETS, *known], 3, 0.4)
        raise ValueError(
            f"--arch={arch}: keras-cv has no such backbone"
            + (f"; did you mean {' or '.join(near)}?" if near else ".")
        )
    try:
        return known[name](input_shape=input_shape, include_rescaling=False)
    except Exception as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise ValueError(
            f"--arch={arch}: keras-cv cannot make it ({first[:200]}); all "
            f"but {', '.join(RESNETS)} fetch their numbers from Kaggle."
        ) from error
