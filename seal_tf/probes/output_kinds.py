"""The kinds of outputs of a model. Importing this imports no TensorFlow."""

from __future__ import annotations

#: Kinds of outputs, and what an export says of them.
OUTPUT_KINDS = {
    "softmax": "class probabilities from a softmax",
    "logits": "logits of exclusive classes, without the softmax",
    "sigmoid": "one independent probability for each class from a sigmoid",
    "sigmoid_logits": "logits of independent classes, without the sigmoid",
    "values": "values that are no class scores, such as those of a regression",
    "multiple": "several outputs",
}
#: Kinds whose outputs are a distribution over exclusive classes.
EXCLUSIVE_CLASSES = ("softmax", "logits")
