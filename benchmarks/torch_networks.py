"""The networks of the comparison in PyTorch, with seal_tf's shapes."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class Residual(nn.Module):
    """A residual block: convolutions with batch normalization, and a shortcut.

    Args:
        channels: Input channels.
        layers: (filters, kernel size, stride) of each convolution.
    """

    def __init__(
        self, channels: int, layers: list[tuple[int, int, int]]
    ) -> None:
        super().__init__()
        stride, filters = max(layer[2] for layer in layers), layers[-1][0]
        self.shortcut = nn.Sequential()
        if stride > 1 or channels != filters:
            self.shortcut = _conv_bn(channels, filters, 1, stride)
        modules: list[nn.Module] = []
        for width, size, layer_stride in layers:
            modules += _conv_bn(channels, width, size, layer_stride)
            modules.append(nn.ReLU(inplace=True))
            channels = width
        self.body = nn.Sequential(*modules[:-1])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Apply the block."""
        return functional.relu(self.body(x) + self.shortcut(x), inplace=True)


class Preactivation(nn.Module):
    """A block of a wide ResNet: normalization and ReLU come first.

    Args:
        channels: Input channels.
        filters: Output channels.
        stride: Stride of the first convolution.
    """

    def __init__(self, channels: int, filters: int, stride: int) -> None:
        super().__init__()
        self.active = nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU())
        self.shortcut: nn.Module | None = None
        if stride > 1 or channels != filters:
            self.shortcut = _conv(channels, filters, 1, stride)
        self.body = nn.Sequential(
            *_conv_bn(channels, filters, 3, stride),
            nn.ReLU(inplace=True),
            _conv(filters, filters, 3, 1),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Apply the block."""
        active = self.active(x)
        shortcut = x if self.shortcut is None else self.shortcut(active)
        return self.body(active) + shortcut


def build(arch: str, size: int, classes: int) -> nn.Module:
    """Create a network.

    Args:
        arch: Name of the network in seal_tf.
        size: Height and width of the images.
        classes: Number of classes.
    """
    layers: list[nn.Module]
    if arch == "wide_resnet16_4":
        layers, channels = [_conv(3, 16, 3, 1)], 16
        for width in (64, 128, 256):
            for block in range(2):
                stride = 2 if width > 64 and not block else 1
                layers.append(Preactivation(channels, width, stride))
                channels = width
        layers += [nn.BatchNorm2d(channels), nn.ReLU(inplace=True)]
    elif arch == "small":
        layers = [*_conv_bn(3, 16, 3, 1 if size <= 32 else 2), nn.ReLU()]
        channels = 16
        for width in (16, 32, 64, 128):
            stride = 2 if width > 16 else 1
            block = [(width, 3, stride), (width, 3, 1)]
            layers.append(Residual(channels, block))
            channels = width
    else:
        layers = [*_conv_bn(3, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
        channels = 64
        depths = {"resnet18": (2, 2, 2, 2), "resnet50": (3, 4, 6, 3)}[arch]
        for stage, depth in enumerate(depths):
            width = 64 * 2**stage
            for i in range(depth):
                stride = 2 if stage and not i else 1
                block = [(width, 3, stride), (width, 3, 1)]
                if arch == "resnet50":
                    block = [(width, 1, 1), (width, 3, stride)]
                    block.append((4 * width, 1, 1))
                layers.append(Residual(channels, block))
                channels = block[-1][0]
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes)]
    return nn.Sequential(*layers, *head)


def _conv(channels: int, filters: int, size: int, stride: int) -> nn.Conv2d:
    return nn.Conv2d(channels, filters, size, stride, size // 2, bias=False)


def _conv_bn(
    channels: int, filters: int, size: int, stride: int
) -> nn.Sequential:
    return nn.Sequential(
        _conv(channels, filters, size, stride), nn.BatchNorm2d(filters)
    )
