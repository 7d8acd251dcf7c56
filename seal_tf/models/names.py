"""Networks by name, and where each is cut. Imports no TensorFlow."""

#: Name: (module of seal_tf.models, function, ready `split_at`).
NETWORKS = {
    "small": ("small", "small", "conv4_block1"),
    "resnet18": ("resnet", "resnet18", "conv4_block1"),
    "resnet50": ("resnet", "resnet50", "conv4_block1"),
}

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


def ready_split(arch: str):
    """Where `arch` is cut unless the user says otherwise."""
    if arch in NETWORKS:
        return NETWORKS[arch][2]
    for beginning, split in APPLICATIONS_SPLITS.items():
        if arch.startswith(beginning):
            return split
    return 0.5


def ready_grouping(arch: str) -> str:
    """What freezes together unless the user says otherwise.

    A DenseNet's blocks are so many that tracing its step anew for each would
    cost more than freezing saves.
    """
    return "stages" if arch.lower().startswith("densenet") else "blocks"
