"""A training step in PyTorch, as a baseline: ResNet-50 at 64x64."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import nn
from torch.nn import functional


class Bottleneck(nn.Module):
    """A bottleneck block: 1x1, 3x3 and 1x1 convolutions.

    The 3x3 convolution has the stride.

    Args:
        channels: Input channels.
        width: Channels of the 3x3 convolution; the output has four times as
            many.
        stride: Stride of the block.
    """

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.shortcut = nn.Sequential()
        if stride > 1 or channels != 4 * width:
            self.shortcut = nn.Sequential(
                nn.Conv2d(channels, 4 * width, 1, stride, bias=False),
                nn.BatchNorm2d(4 * width),
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Apply the block."""
        y = functional.relu(self.bn1(self.conv1(x)), inplace=True)
        y = functional.relu(self.bn2(self.conv2(y)), inplace=True)
        return functional.relu(
            self.bn3(self.conv3(y)) + self.shortcut(x), inplace=True
        )


def resnet50(classes: int) -> nn.Module:
    """Create a ResNet-50.

    Args:
        classes: Number of classes.
    """
    layers: list[nn.Module] = [
        nn.Conv2d(3, 64, 7, 2, 3, bias=False),
        nn.BatchNorm2d(64),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(3, 2, 1),
    ]
    channels = 64
    for stage, depth in enumerate((3, 4, 6, 3)):
        width = 64 * 2**stage
        for block in range(depth):
            stride = 2 if stage and not block else 1
            layers.append(Bottleneck(channels, width, stride))
            channels = 4 * width
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes)]
    return nn.Sequential(*layers, *head)


def step_function(
    model: nn.Module, x: np.ndarray, y: np.ndarray, bfloat16: bool
) -> Callable[[], float]:
    """Return a function that runs one train step, and returns its loss.

    Args:
        model: The network.
        x: float32 [images, height, width, 3].
        y: float32 [images, classes], one-hot.
        bfloat16: Whether the forward pass runs under PyTorch's autocast.
    """
    model = model.to(memory_format=torch.channels_last).train()
    optimizer = torch.optim.SGD(
        model.parameters(), 0.01, momentum=0.9, weight_decay=5e-4
    )
    compute_loss = nn.CrossEntropyLoss(label_smoothing=0.1)
    # The permutation of a NumPy batch already has the channels-last format.
    images = torch.from_numpy(x).permute(0, 3, 1, 2)
    labels = torch.from_numpy(y.argmax(1))
    correct = torch.zeros(())

    def step() -> float:
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            logits = model(images)
            loss = compute_loss(logits, labels)
        correct.add_((logits.argmax(1) == labels).sum())
        loss.backward()
        optimizer.step()
        return loss.item()

    return step
