"""Architectures by name, with their default split and layer grouping.

Importing this module imports no TensorFlow.
"""

from __future__ import annotations

import dataclasses
import re


@dataclasses.dataclass(frozen=True)
class Architecture:
    """A network, or a family of networks with parameters in the name.

    Args:
        help_name: The name as the command-line help shows it.
        pattern: Regular expression of the whole name. Its groups are the
            family's parameters.
        builder: "module.function" in `seal_tf.models`.
        split_at: Default boundary of early and later layers: the start of a
            layer name, or the fraction of layers with weights.
        grouping: Default unit of freezing: "blocks", "stages" or "layers".
    """

    help_name: str
    pattern: str
    builder: str
    split_at: str | float
    grouping: str = "blocks"


ARCHITECTURES = (
    Architecture("small", "small", "small.small", "conv4_block1"),
    Architecture("resnet18", "resnet18", "resnet.resnet18", "conv4_block1"),
    Architecture("resnet50", "resnet50", "resnet.resnet50", "conv4_block1"),
    Architecture(
        "cifar_resnetN (N = 20, 32, … 110)",
        r"cifar_resnet(\d+)",
        "cifar_resnet.cifar_resnet",
        "conv4_block1",
    ),
    Architecture(
        "wide_resnetN_K (28_10, 32_4, …)",
        r"wide_resnet(\d+)_(\d+)",
        "wide_resnet.wide_resnet",
        "conv3_block1",
    ),
    Architecture(
        "densenetL_K (40_12)",
        r"densenet(\d+)_(\d+)",
        "densenet.densenet",
        "conv3_block1",
        "stages",
    ),
    Architecture(
        "densenet_bcL_K (76_12, 100_12)",
        r"densenet_bc(\d+)_(\d+)",
        "densenet.densenet_bc",
        "conv3_block1",
        "stages",
    ),
    Architecture(
        "keras_cv:NAME (extra cv: resnet18, resnet50_v2, …)",
        r"keras_cv:(\w+)",
        "keras_cv_backbone.keras_cv_backbone",
        0.5,
    ),
    Architecture("vgg16_bn", "vgg16_bn", "vgg.vgg16_bn", "block4", "layers"),
)

ARCHITECTURE_NAMES = tuple(a.help_name for a in ARCHITECTURES)

#: Default split of `keras.applications` families. The key is the start of the
#: name, and the first match applies.
APPLICATION_SPLITS = {
    "ResNet": "conv4_block1",
    "DenseNet": "conv4_block1",
    "MobileNetV2": "block_6",
    "EfficientNet": "block4a",
    "VGG": "block4",
    "Xception": "block4",
}


def find_architecture(
    arch: str,
) -> tuple[Architecture, tuple[int | str, ...]] | None:
    """Find this package's architecture of a name.

    Args:
        arch: The name, such as "wide_resnet28_10".

    Returns:
        (architecture, parameters in the name), or None for a name of
        `keras.applications` or an unknown name.
    """
    for architecture in ARCHITECTURES:
        match = re.fullmatch(architecture.pattern, arch)
        if match:
            return architecture, tuple(
                int(g) if g.isdecimal() else g for g in match.groups()
            )
    return None


def default_split(arch: str) -> str | float:
    """Return the default boundary of early and later layers.

    Args:
        arch: Name of the network.

    Returns:
        The start of a layer name, or the fraction of layers with weights
        (0.5 for a network without a default).
    """
    match = find_architecture(arch)
    if match:
        return match[0].split_at
    for prefix, split in APPLICATION_SPLITS.items():
        if arch.startswith(prefix):
            return split
    return 0.5


def default_grouping(arch: str) -> str:
    """Return the default unit of freezing.

    A DenseNet has so many blocks that tracing a train step for each of them
    costs more than freezing saves.

    Args:
        arch: Name of the network.

    Returns:
        "blocks", "stages" or "layers".
    """
    match = find_architecture(arch)
    if match:
        return match[0].grouping
    return "stages" if arch.startswith("DenseNet") else "blocks"
