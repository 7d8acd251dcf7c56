"""Published accuracies to compare runs with (SEAL, CVPR 2023)."""

from __future__ import annotations

#: Epochs of a generation in all of them.
EPOCHS_PER_GENERATION = 160
#: Validation accuracy on Tiny-ImageNet in percent by (method, generations).
ACCURACY = {
    ("normal", 1): 54.37,
    ("normal", 3): 51.16,
    ("normal", 10): 49.27,
    ("llf", 3): 56.12,
    ("llf", 10): 56.92,
    ("seal", 3): 58.25,
    ("seal", 10): 59.22,
}
