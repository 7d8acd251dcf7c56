"""What one call of `seal_tf.probe` is about: networks, images, features."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from seal_tf.commands import data_flags
from seal_tf.commands.probing.subjects import Subject
from seal_tf.commands.progress import Progress
from seal_tf.probes.features import Features, features_of, logits_of


@dataclasses.dataclass
class Asked:
    """The parsed flags and what they name.

    Args:
        flags: The parsed flags.
        subjects: The networks.
        out: Where results go.
    """

    flags: Any
    subjects: list[Subject]
    out: Path
    _networks: dict = dataclasses.field(default_factory=dict)
    _data: dict = dataclasses.field(default_factory=dict)

    def network(self, subject):
        """The subject's loaded network."""
        if subject.name not in self._networks:
            self._networks[subject.name] = subject.network(self.flags)
        return self._networks[subject.name]

    def data(self, image_shape, given):
        """(training images, test images) of the size that a network takes.

        Raises:
            ValueError: `--image_size` is another one, or the network takes
                images that are not square.
        """
        height, width = image_shape[:2]
        if height != width:
            raise ValueError(
                f"{given} takes images of {width}x{height} pixels; only "
                "square ones can be made here."
            )
        wanted = self.flags.image_size
        if wanted not in (None, height):
            raise ValueError(
                f"--image_size={wanted}: {given} takes {width}x{height} "
                "pixels; leave the flag out, images are resized to that."
            )
        if height not in self._data:
            self._data[height] = data_flags.read(self.flags, height)
        return self._data[height]

    def images(self, subject):
        """(training images, test images) for a subject's network."""
        network = self.network(subject)
        return self.data(network.image_shape, network.path)

    def features(self, subject, images) -> Features:
        """Features of a split, from the cache beside the export."""
        return features_of(
            self.network(subject),
            images,
            subject.cache_dir(self.flags),
            dtype=self.flags.feature_dtype,
            batch_size=self.flags.batch_size,
            most_bytes=self.flags.cache_gb * 1e9,
            progress=self.progress(f"{subject.name}: {images.name} features"),
        )

    def logits(self, subject, images):
        """Logits of a split, from the cache beside the export."""
        return logits_of(
            self.network(subject),
            images,
            subject.cache_dir(self.flags),
            batch_size=self.flags.batch_size,
            progress=self.progress(f"{subject.name}: {images.name} logits"),
        )

    def tap(self, subject) -> str:
        """`--tap`, which the network must have."""
        taps = self.network(subject).taps
        if self.flags.tap not in taps:
            raise ValueError(
                f"--tap={self.flags.tap}: {subject.given} has "
                f"{', '.join(taps)}."
            )
        return self.flags.tap

    def progress(self, what) -> Callable[[int, int], None]:
        """A bar, or a line, as `--progress` says."""
        shown = self.flags.progress
        if shown == "none":
            return lambda done, total: None
        bar = {"bar": True, "lines": False}.get(shown, sys.stdout.isatty())
        return Progress(what, bar)

    def about(self, subject) -> dict:
        """What results say of a network, for whoever groups runs."""
        found = {"name": subject.name, "given": str(subject.given)}
        card = subject.card()
        if subject.name in self._networks:
            network = self._networks[subject.name]
            card = network.card
            found["fingerprint"] = network.fingerprint
            found["image_shape"] = list(network.image_shape)
        found["trained"] = {
            key: card[key]
            for key in ("method", "flags", "results", "inside")
            if key in card
        }
        return found

    def _label(self, count):
        """What tables call the data set."""
        flags = self.flags
        name = flags.dataset
        if name == "image_folder":
            name = Path(flags.data_dir).stem
        if flags.classes or flags.skip_classes:
            first = flags.skip_classes + 1
            name += f", classes {first} to {flags.skip_classes + count}"
        if flags.images_per_class:
            name += f", {flags.images_per_class} a class"
        return name

    def said_of_data(self) -> dict:
        """What results say of the images, once they are read."""
        train, test = next(iter(self._data.values()))
        return {
            "name": self.flags.dataset,
            "label": self._label(len(train.class_names)),
            "classes": len(train.class_names),
            "skip_classes": self.flags.skip_classes,
            "training_images": len(train),
            "test_images": len(test),
            "resized": "to the `image_shape` of each network: the shorter "
            "side, antialiased, then a central crop; images of that size are "
            "left as they are",
        }
