"""Networks by name, and where each is cut. Imports no TensorFlow."""

from __future__ import annotations

import dataclasses
import re


@dataclasses.dataclass(frozen=True)
class Network:
    """One network, or a family with its numbers in the name.

    Args:
        shown: What `--help` says of the name.
        pattern: The whole name; its groups are the family's numbers, or
            names.
        home: Module of `seal_tf.models` and function, "module.function".
        split_at: Where the papers cut it.
        grouping: What freezes together.
    """

    shown: str
    pattern: str
    home: str
    split_at: str | float
    grouping: str = "blocks"


NETWORKS = (
    Network("small", "small", "small.small", "conv4_block1"),
    Network("resnet18", "resnet18", "resnet.resnet18", "conv4_block1"),
    Network("resnet50", "resnet50", "resnet.resnet50", "conv4_block1"),
    Network(
        "cifar_resnetN (N = 20, 32, … 110)",
        r"cifar_resnet(\d+)",
        "cifar_resnet.cifar_resnet",
        "conv4_block1",
    ),
    Network(
        "wide_resnetN_K (28_10, 32_4, …)",
        r"wide_resnet(\d+)_(\d+)",
        "wide_resnet.wide_resnet",
        "conv3_block1",
    ),
    Network(
        "densenetL_K (40_12)",
        r"densenet(\d+)_(\d+)",
        "densenet.densenet",
        "conv3_block1",
        "stages",
    ),
    Network(
        "densenet_bcL_K (76_12, 100_12)",
        r"densenet_bc(\d+)_(\d+)",
        "densenet.densenet_bc",
        "conv3_block1",
        "stages",
    ),
    Network(
        "keras_cv:NAME (extra cv: resnet18, resnet50_v2, …)",
        r"keras_cv:(\w+)",
        "keras_cv_backbone.backbone",
        0.5,
    ),
    Network("vgg16_bn", "vgg16_bn", "vgg.vgg16_bn", "block4", "layers"),
)

SHOWN = tuple(network.shown for network in NETWORKS)

#: Ready split of keras.applications families, by beginning of the name; the
#: first that fits. Half of the layers with weights for any other.
APPLICATIONS_SPLITS = {
    "ResNet": "conv4_block1",
    "DenseNet": "conv4_block1",
    "MobileNetV2": "block_6",
    "EfficientNet": "block4a",
    "VGG": "block4",
    "Xception": "block4",
}


def find(arch: str):
    """(network, its numbers) of a name, or None where it is not ours."""
    for network in NETWORKS:
        match = re.fullmatch(network.pattern, arch)
        if match:
            return network, tuple(
                int(g) if g.isdecimal() else g for g in match.groups()
            )
    return None


def ready_split(arch: str):
    """Where `arch` is cut unless the user says otherwise."""
    found = find(arch)
    if found:
        return found[0].split_at
    for beginning, split in APPLICATIONS_SPLITS.items():
        if arch.startswith(beginning):
            return split
    return 0.5


def ready_grouping(arch: str) -> str:
    """What freezes together unless the user says otherwise.

    A DenseNet's blocks are so many that tracing its step anew for each would
    cost more than freezing saves.
    """
    found = find(arch)
    if found:
        return found[0].grouping
    return "stages" if arch.startswith("DenseNet") else "blocks"
