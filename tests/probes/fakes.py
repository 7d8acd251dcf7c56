"""A session without networks: features are given as arrays."""

import types

import numpy as np

from seal_tf.probes.network import Network
from seal_tf.probes.source import NetworkSource
from seal_tf.utils.progress import ignore_progress


def gaussian_classes(count, classes=4, width=6, distance=3.0, seed=0):
    """Return features and labels of Gaussian classes with fixed centers."""
    centers = np.random.default_rng(9).normal(size=(classes, width)) * distance
    labels = np.arange(count) % classes
    noise = np.random.default_rng(seed).normal(size=(count, width))
    return (centers[labels] + noise).astype("f4"), labels


class FakeImages:
    """Images of one split.

    Args:
        labels: int [images].
        name: Name of the split.
        pixels: uint8 [images, height, width, channels].
    """

    def __init__(self, labels, name="fake", pixels=None):
        self.labels = np.asarray(labels)
        self.name = name
        self.class_names = tuple("abcdefgh"[: self.labels.max() + 1])
        self.display_names = self.class_names
        self.pixels = pixels
        self.label_noise = None

    def __len__(self):
        return len(self.labels)


class FakeSession:
    """A session of one network with one tap, `penultimate`.

    Args:
        splits: (features, labels) of the training and of the test part.
        sources: The networks.
    """

    batch_size = 2
    feature_dtype = "float32"

    def __init__(self, splits=(), sources=None, out=None):
        self.out = out
        self.networks = sources or [source("net")]
        self._splits = [FakeImages(labels) for _, labels in splits]
        self._features = {
            id(images): features
            for images, (features, _) in zip(self._splits, splits, strict=True)
        }

    def load(self, source):
        card = {"taps": {"penultimate": [6]}, "input": {"shape": [8, 8, 3]}}
        return Network(source.name, source.path, card, None, "0")

    def images(self, source):
        return tuple(self._splits)

    def read_images(self, image_shape, path):
        return tuple(self._splits)

    def features(self, source, images):
        return types.SimpleNamespace(
            tap={"penultimate": self._features[id(images)]}.get
        )

    def progress(self, text, unit="image"):
        return ignore_progress

    def describe(self, source):
        return {"name": source.name, "trained": {}}


def source(name, path=None, **files):
    """Return a source without files, or with some."""
    files = {"export": None, "keras_file": None, "workdir": None, **files}
    return NetworkSource(name, path, **files)


def entry(name, results, method="normal", seed=0):
    """Return an entry of a probe's JSON file."""
    flags = {"method": method, "seed": seed, "generations": 10}
    trained = {"method": method, "flags": flags}
    return {"name": name, "trained": trained, "results": results}
