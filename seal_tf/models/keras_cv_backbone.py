"""Backbones of KerasCV (extra `cv`), whose maintainers have retired it."""

from __future__ import annotations

import difflib
from types import ModuleType

import keras

#: ResNets that need no download: (blocks of each stage, kind of block).
#: KerasCV downloads the configurations of its other backbones from Kaggle.
RESNETS = {
    "resnet18": ((2, 2, 2, 2), "basic_block"),
    "resnet34": ((3, 4, 6, 3), "basic_block"),
    "resnet50": ((3, 4, 6, 3), "block"),
    "resnet101": ((3, 4, 23, 3), "block"),
}


def keras_cv_backbone(
    input_shape: tuple[int, ...], classes: int, name: str
) -> keras.Model:
    """Build an untrained KerasCV backbone with a classifier.

    Args:
        input_shape: (height, width, channels).
        classes: Number of classes.
        name: resnet18, resnet34, resnet50 or resnet101, each also with the
            suffix _v2; or NAME for the class `NAMEBackbone` of
            `keras_cv.models`.

    Returns:
        The backbone, average pooling and float32 logits.

    Raises:
        ValueError: KerasCV is not installed, has no such backbone, or cannot
            download its configuration.
    """
    arch = f"keras_cv:{name}"
    try:
        from keras_cv import models
    except ImportError as error:
        raise ValueError(
            "KerasCV is not installed: run pip install 'seal_tf[cv]'. "
            f"Received: arch={arch}"
        ) from error
    backbone = _backbone(models, name, input_shape, arch)
    x = keras.layers.GlobalAveragePooling2D(name="avg_pool")(backbone.output)
    outputs = keras.layers.Dense(classes, dtype="float32", name="predictions")(
        x
    )
    return keras.Model(backbone.inputs, outputs, name=name)


def _backbone(
    models: ModuleType, name: str, input_shape: tuple[int, ...], arch: str
) -> keras.Model:
    version_1_name = name.removesuffix("_v2")
    if version_1_name in RESNETS:
        blocks, kind = RESNETS[version_1_name]
        is_v2 = name.endswith("_v2")
        builder = models.ResNetV2Backbone if is_v2 else models.ResNetBackbone
        return builder(
            stackwise_filters=[64, 128, 256, 512],
            stackwise_blocks=list(blocks),
            stackwise_strides=[1, 2, 2, 2],
            block_type=kind,
            include_rescaling=False,
            input_shape=input_shape,
        )
    backbones = {
        c.removesuffix("Backbone"): getattr(models, c)
        for c in dir(models)
        if c.endswith("Backbone")
    }
    if name not in backbones:
        similar = difflib.get_close_matches(
            name, [*RESNETS, *backbones], 3, 0.4
        )
        raise ValueError(
            "Argument `arch` must name a backbone of KerasCV. Received: "
            f"arch={arch}"
            + (f"; did you mean {' or '.join(similar)}?" if similar else "")
        )
    try:
        return backbones[name](input_shape=input_shape, include_rescaling=False)
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ValueError(
            f"KerasCV cannot build the backbone ({reason[:200]}). It "
            "downloads the configurations of all backbones except "
            f"{', '.join(RESNETS)}. Received: arch={arch}"
        ) from error
