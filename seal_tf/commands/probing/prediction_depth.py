"""`--probe=prediction_depth`: k-NN probes at every tap."""

from __future__ import annotations

import json

import numpy as np
import tensorflow as tf

from seal_tf.commands.probing.asked import Asked
from seal_tf.commands.workdir import fingerprints
from seal_tf.files import replaced
from seal_tf.probes import learning, neighbours
from seal_tf.probes import prediction_depth as depth_of
from seal_tf.report import sheets

SHOWN = 12


def run(asked: Asked) -> dict:
    """Probes every network; writes depths, contact sheets and figures."""
    _same_taps(asked)
    found = [_one(asked, subject) for subject in asked.subjects]
    networks = [entry for entry, _, _ in found]
    names = _file_names([subject.name for subject in asked.subjects])
    for (entry, arrays, sheet), subject in zip(
        found, asked.subjects, strict=True
    ):
        name = names[subject.name]
        with replaced(asked.out / f"depths_{name}.npz") as file:
            np.savez_compressed(file, **arrays)
        sheets.write(asked.out / f"contact_sheet_{name}.png", *sheet)
        entry["results"]["depths"] = f"depths_{name}.npz"
    return {
        "protocol": f"k-NN, k = {asked.flags.k}, Euclidean, of the features "
        f"({asked.flags.feature_dtype}) of the training part; training "
        "images are never their own neighbour; ties to the lower index, then "
        "the lower class; depth counts taps from 1, none is taps + 1",
        "networks": networks,
    }


def _same_taps(asked):
    taps = {s.name: asked.network(s).taps for s in asked.subjects}
    first, *rest = taps
    for name in rest:
        if taps[name] != taps[first]:
            raise ValueError(
                f"{name} has the taps {', '.join(taps[name])}, and {first} "
                f"{', '.join(taps[first])}: depths of different taps cannot "
                "be compared; probe them one by one, or export with one "
                "--taps."
            )
        cards = [asked.network(s).card for s in asked.subjects]
        if len({card.get("pooling") for card in cards}) > 1:
            raise ValueError(
                f"{name} and {first} pool their taps differently "
                f"({' and '.join(str(c.get('pooling')) for c in cards)}): "
                "depths of different features cannot be compared; export "
                "with one --tap_pooling."
            )


def _one(asked, subject):
    """(entry of the result, arrays of the npz, contact sheet)."""
    network = asked.network(subject)
    splits = dict(zip(learning.SPLITS, asked.images(subject), strict=True))
    neighbours.check(asked.flags.k, len(splits["train"]), own=True)
    own = network.knows(splits["train"].class_names)
    features = {
        split: asked.features(subject, images)
        for split, images in splits.items()
    }
    probed, votes = _probe(asked, subject, splits, features)
    arrays = {"taps": np.array(network.taps)}
    results = {"taps": list(network.taps), "splits": {}}
    record = _learning_record(subject, splits) if own else {}
    sheet = None
    for split, images in splits.items():
        said = probed[split]
        targets = {"correctness": images.labels}
        probabilities = None
        if own:
            probabilities = tf.nn.softmax(asked.logits(subject, images)).numpy()
            targets["agreement"] = probabilities.argmax(1)
        entry = {
            "accuracy_per_tap": (said == images.labels).mean(1).tolist(),
        }
        for definition, target in targets.items():
            depth = depth_of.depths(said, target)
            arrays[f"{split}_{definition}"] = depth
            entry[definition] = _results(
                asked, depth, images, probabilities, record, split, said
            )
        arrays[f"{split}_labels"] = images.labels
        arrays[f"{split}_probes"] = said
        results["splits"][split] = entry
        if split == "validation":
            definition = "agreement" if own else "correctness"
            sheet = _sheet(
                images,
                arrays[f"{split}_{definition}"],
                votes,
                targets[definition],
                len(network.taps),
                f"{subject.name}: {definition}, {images.name}",
            )
    _say(subject, results, own)
    return {**asked.about(subject), "results": results}, arrays, sheet


def _probe(asked, subject, splits, features):
    """What the probe of each tap says; a tap at a time.

    Returns:
        (int32 [taps, images] of each split; votes for the validation
        images, int16 [taps, images, classes]).
    """
    train = splits["train"]
    said, votes = {split: [] for split in splits}, []
    for tap in asked.network(subject).taps:
        training = features["train"].tap(tap)
        for split in splits:
            own = split == "train"
            found = depth_of.probe_votes(
                training,
                train.labels,
                training if own else features[split].tap(tap),
                asked.flags.k,
                len(train.class_names),
                own=own,
                most_bytes=asked.flags.memory_gb * 1e9,
                progress=asked.progress(f"{subject.name}: {tap}, {split}"),
            )
            said[split].append(found.argmax(1).astype(np.int32))
            if not own:
                votes.append(found.astype(np.int16))
    return {split: np.stack(s) for split, s in said.items()}, np.stack(votes)


def _results(asked, depth, images, probabilities, record, split, said):
    taps = len(said)
    found = depth_of.summary(
        depth,
        taps,
        images.labels,
        len(images.class_names),
        asked.flags.seed,
    )
    found["class_names"] = list(images.class_names)
    if probabilities is not None:
        found["goes_with"] = depth_of.goes_with(
            depth, taps, probabilities, images.labels
        )
    if split in record:
        found["learned"] = {
            name: depth_of.learned_by_depth(
                depth, taps, function(record[split]), len(record[split])
            )
            for name, function in (
                ("first_correct", learning.first_correct),
                ("correct_for_good", learning.correct_for_good),
            )
        }
    return found


def _learning_record(subject, splits):
    """The run's own record of those splits whose images these are."""
    if subject.workdir is None:
        return {}
    record = learning.read(subject.workdir / "learning")
    file = subject.workdir / "data.json"
    if record is None or not file.exists():
        return {}
    theirs = json.loads(file.read_text())
    ours = fingerprints(splits.values())
    for split, mine, known in zip(splits, ours, theirs, strict=False):
        if mine != known:
            print(
                f"{subject.name}: its learning record is of other {split} "
                "images, and left out"
            )
            del record[split]
    return record


def _sheet(images, depth, votes, target, taps, title):
    rows = np.arange(len(target))
    order = depth_of.by_difficulty(depth, votes[:, rows, target].sum(0))
    ends = {"easiest": order[:SHOWN], "hardest": order[::-1][:SHOWN]}
    panels = {
        row: [
            (
                images.pixels[i],
                f"{images.class_names[images.labels[i]]}\n"
                + (f"depth {depth[i]}" if depth[i] <= taps else "none"),
            )
            for i in chosen
        ]
        for row, chosen in ends.items()
    }
    return panels, title


def _say(subject, results, own):
    for split, entry in results["splits"].items():
        for definition in (
            ("agreement", "correctness") if own else ("correctness",)
        ):
            found = entry[definition]
            low, high = found["interval"]
            print(
                f"{subject.name}: {split} {definition}: mean depth "
                f"{found['mean']:.2f} ({low:.2f} to {high:.2f}) of "
                f"{len(results['taps'])} taps, none {found['none']:.1%}"
            )


def _file_names(names):
    """A file name for each, no two alike."""
    found = {}
    for name in names:
        plain = "".join(c if c.isalnum() or c in "-_" else "_" for c in name)
        while plain in found.values():
            plain += "_"
        found[name] = plain
    return found
