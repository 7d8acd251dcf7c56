"""A training step in PyTorch, as a baseline."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import nn


def step_function(
    model: nn.Module,
    x: np.ndarray,
    y: np.ndarray,
    bfloat16: bool = False,
    channels_last: bool = True,
) -> Callable[[], float]:
    """Return a function that runs one train step, and returns its loss.

    Args:
        model: The network.
        x: float32 [images, height, width, 3].
        y: float32 [images, classes], one-hot.
        bfloat16: Whether the forward pass runs under PyTorch's autocast.
        channels_last: Whether feature maps have the channels last in memory.
    """
    layout = torch.channels_last if channels_last else torch.contiguous_format
    model = model.to(memory_format=layout).train()
    optimizer = torch.optim.SGD(
        model.parameters(), 0.01, momentum=0.9, weight_decay=5e-4
    )
    compute_loss = nn.CrossEntropyLoss(label_smoothing=0.1)
    images = torch.from_numpy(x).permute(0, 3, 1, 2)
    images = images.contiguous(memory_format=layout)
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
