"""Patch layers for a test."""

from seal_tf.fast_ops.choices import Choices
from seal_tf.fast_ops.layer_patch import patch_layers
from seal_tf.fast_ops.operations import Operations
from seal_tf.utils.patching import AttributePatcher


def patch(layer):
    """Patch a layer for good, and return the number of patched layers."""
    operations = Operations(Choices())
    return patch_layers(layer, AttributePatcher(), lambda: operations)
