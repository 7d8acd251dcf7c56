"""Measure the prediction depths of one network."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from seal_tf.probes.labeled_features import LabeledFeatures
from seal_tf.probes.learning_record import (
    SPLITS,
    first_correct_epoch,
    iteration_learned,
)
from seal_tf.probes.neighbors import NeighborSearch, check_k
from seal_tf.probes.prediction_depth import compute
from seal_tf.probes.prediction_depth.contact_sheet import Panels
from seal_tf.probes.prediction_depth.flags import PredictionDepthSettings
from seal_tf.probes.session import Session
from seal_tf.probes.source import NetworkSource

if TYPE_CHECKING:
    from pipelines.images import Images

#: Images in each row of a contact sheet.
SHEET_COLUMNS = 12


@dataclasses.dataclass(frozen=True)
class DepthMeasurement:
    """Prediction depths of one network.

    Args:
        results: What the JSON file reports.
        arrays: What the .npz file holds.
        panels: Panels of the contact sheet.
        sheet_title: Title of the contact sheet.
    """

    results: dict[str, Any]
    arrays: dict[str, np.ndarray]
    panels: Panels
    sheet_title: str


@dataclasses.dataclass(frozen=True)
class _Split:
    """What is known of one split.

    Args:
        images: The images.
        predictions: int [taps, images], predictions of the k-NN probes.
        probabilities: [images, classes], outputs of the network; None if it
            was trained on other classes.
        record: bool [epochs, images], the learning record; None if it is
            unknown.
    """

    images: Images
    predictions: np.ndarray
    probabilities: np.ndarray | None
    record: np.ndarray | None

    def targets(self) -> dict[str, np.ndarray]:
        """Return the target of each definition of depth."""
        targets = {"correctness": self.images.labels}
        if self.probabilities is not None:
            targets["agreement"] = self.probabilities.argmax(1)
        return targets


def measure_depths(
    session: Session, source: NetworkSource, settings: PredictionDepthSettings
) -> DepthMeasurement:
    """Measure the prediction depths of one network.

    Args:
        session: Networks, images and features.
        source: The network.
        settings: Settings of the probe.

    Returns:
        The depths of training and validation images.

    Raises:
        ValueError: `settings.k` is out of range, or the network was trained
            on these classes and its outputs are no class probabilities.
    """
    network = session.load(source)
    images = dict(zip(SPLITS, session.images(source), strict=True))
    check_k(settings.k, len(images["train"]), exclude_self=True)
    is_own_data = network.is_trained_on(images["train"].class_names)
    if is_own_data:
        network.check_exclusive_classes("prediction depth")
    predictions, votes = _probe_taps(session, source, settings, images)
    record = session.learning_record(source, images) if is_own_data else {}
    taps = network.taps
    arrays = {"taps": np.array(taps)}
    results: dict[str, Any] = {"taps": list(taps), "splits": {}}
    splits = {}
    for name, split_images in images.items():
        split = splits[name] = _Split(
            split_images,
            predictions[name],
            tf.nn.softmax(session.logits(source, split_images)).numpy()
            if is_own_data
            else None,
            record.get(name),
        )
        entry: dict[str, Any] = {
            "accuracy_per_tap": (split.predictions == split_images.labels)
            .mean(1)
            .tolist(),
        }
        for definition, target in split.targets().items():
            depth = compute.prediction_depths(split.predictions, target)
            arrays[f"{name}_{definition}"] = depth
            entry[definition] = _summarize(split, depth, settings.seed)
        arrays[f"{name}_labels"] = split_images.labels
        arrays[f"{name}_predictions"] = split.predictions
        results["splits"][name] = entry
    definition = "agreement" if is_own_data else "correctness"
    return DepthMeasurement(
        results,
        arrays,
        _extreme_examples(
            splits["validation"],
            arrays[f"validation_{definition}"],
            votes,
            splits["validation"].targets()[definition],
        ),
        f"{source.name}: {definition}, {images['validation'].name}",
    )


def _probe_taps(
    session: Session,
    source: NetworkSource,
    settings: PredictionDepthSettings,
    images: dict[str, Images],
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Run a k-NN probe at each tap.

    Returns:
        (int32 [taps, images] predictions of each split; int16 [taps, images,
        classes] votes for the validation images).
    """
    train = images["train"]
    features = {
        name: session.features(source, split) for name, split in images.items()
    }
    predictions: dict[str, list[np.ndarray]] = {name: [] for name in images}
    votes = []
    for tap in session.load(source).taps:
        training = LabeledFeatures(features["train"].tap(tap), train.labels)
        for name in images:
            is_train = name == "train"
            split_votes = compute.neighbor_votes(
                training,
                training.features if is_train else features[name].tap(tap),
                len(train.class_names),
                NeighborSearch(
                    settings.k,
                    exclude_self=is_train,
                    max_bytes=settings.memory_gb * 1e9,
                ),
                session.progress(f"{source.name}: {tap}, {name}"),
            )
            predictions[name].append(split_votes.argmax(1).astype(np.int32))
            if not is_train:
                votes.append(split_votes.astype(np.int16))
    return {
        name: np.stack(rows) for name, rows in predictions.items()
    }, np.stack(votes)


def _summarize(split: _Split, depth: np.ndarray, seed: int) -> dict[str, Any]:
    taps, images = len(split.predictions), split.images
    summary = compute.summarize_depths(
        depth, taps, images.labels, len(images.class_names), seed
    )
    summary["class_names"] = list(images.display_names)
    if split.probabilities is not None:
        summary["by_depth"] = compute.metrics_by_depth(
            depth, taps, split.probabilities, images.labels
        )
    if split.record is not None:
        record = split.record
        summary["learning_epochs"] = {
            name: compute.learning_epochs_by_depth(
                depth, taps, function(record), len(record)
            )
            for name, function in (
                ("first_correct", first_correct_epoch),
                ("iteration_learned", iteration_learned),
            )
        }
    return summary


def _extreme_examples(
    split: _Split, depth: np.ndarray, votes: np.ndarray, target: np.ndarray
) -> Panels:
    """Return the easiest and the hardest images."""
    images, taps = split.images, len(split.predictions)
    rows = np.arange(len(target))
    order = compute.sort_by_difficulty(depth, votes[:, rows, target].sum(0))
    selections = {
        "easiest": order[:SHEET_COLUMNS],
        "hardest": order[::-1][:SHEET_COLUMNS],
    }
    return {
        row: [
            (
                images.pixels[i],
                f"{images.display_names[images.labels[i]]}\n"
                + (f"depth {depth[i]}" if depth[i] <= taps else "none"),
            )
            for i in selection
        ]
        for row, selection in selections.items()
    }
