"""Architectures by name, with their default split and layer grouping.

Importing this module imports no TensorFlow.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence


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
        depths: The numbers of layers that exist, the first parameter of the
            name: (a, b) for a*n + b with n >= 1. Empty for any.
    """

    help_name: str
    pattern: str
    builder: str
    split_at: str | float
    grouping: str = "blocks"
    depths: tuple[tuple[int, int], ...] = ()

    def check(self, arch: str, parameters: Sequence[int | str]) -> None:
        """Check the parameters in a name.

        Args:
            arch: The name, for the message.
            parameters: The parameters, as `find_architecture` returns them.

        Raises:
            ValueError: If no such network exists.
        """
        numbers = [p for p in parameters if isinstance(p, int)]
        exists = not self.depths or any(
            numbers[0] > b and (numbers[0] - b) % a == 0 for a, b in self.depths
        )
        if exists and all(numbers):
            return
        rule = " or ".join(f"{a}n + {b}" for a, b in self.depths)
        raise ValueError(
            f"Argument `arch` must be {self.help_name} with {rule} layers and "
            f"no number 0. Received: arch={arch}"
        )


ARCHITECTURES = (
    Architecture("small", "small", "small.small", "conv4_block1"),
    Architecture("resnet18", "resnet18", "resnet.resnet18", "conv4_block1"),
    Architecture("resnet50", "resnet50", "resnet.resnet50", "conv4_block1"),
    Architecture(
        "cifar_resnetN (N = 20, 32, … 110)",
        r"cifar_resnet(\d+)",
        "cifar_resnet.cifar_resnet",
        "conv4_block1",
        depths=((6, 2),),
    ),
    Architecture(
        "wide_resnetN_K (28_10, 32_4, …)",
        r"wide_resnet(\d+)_(\d+)",
        "wide_resnet.wide_resnet",
        "conv3_block1",
        # The snapshot paper does not count the convolutions of shortcuts.
        depths=((6, 4), (6, 2)),
    ),
    Architecture(
        "densenetL_K (40_12)",
        r"densenet(\d+)_(\d+)",
        "densenet.densenet",
        "conv3_block1",
        "stages",
        depths=((3, 4),),
    ),
    Architecture(
        "densenet_bcL_K (76_12, 100_12)",
        r"densenet_bc(\d+)_(\d+)",
        "densenet.densenet_bc",
        "conv3_block1",
        "stages",
        depths=((6, 4),),
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
