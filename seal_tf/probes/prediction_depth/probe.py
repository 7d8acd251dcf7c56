"""The prediction-depth probe as a command."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from absl import flags

from seal_tf.probes.base import Probe
from seal_tf.probes.prediction_depth.flags import (
    PredictionDepthSettings,
    define_flags,
)
from seal_tf.probes.report_parts import (
    GroupedResult,
    ImagePart,
    Paragraph,
    ReportPart,
    Subheading,
)
from seal_tf.probes.session import Session
from seal_tf.utils.files import atomic_writer

if TYPE_CHECKING:
    from seal_tf.probes.prediction_depth.measurement import DepthMeasurement


class PredictionDepthProbe(Probe):
    """k-NN probes at every tap.

    Args:
        settings: Neighbors, memory and seed.
    """

    name = "prediction_depth"
    title = "Prediction depth"

    def __init__(self, settings: PredictionDepthSettings) -> None:
        self._settings = settings

    @classmethod
    def define_flags(cls, flag_values: flags.FlagValues) -> None:
        """Define the flags of the prediction-depth probe; see `Probe`."""
        define_flags(flag_values)

    @classmethod
    def from_flags(cls, flag_values: flags.FlagValues) -> PredictionDepthProbe:
        """Create the probe from parsed flags; see `Probe`."""
        return cls(PredictionDepthSettings.from_flags(flag_values))

    def run(self, session: Session) -> dict[str, Any]:
        """Write depths and contact sheets of all networks; see `Probe`."""
        from seal_tf.probes.prediction_depth.measurement import measure_depths

        _check_same_taps(session)
        measurements = []
        for source in session.networks:
            measurement = measure_depths(session, source, self._settings)
            _print_depths(source.name, measurement.results)
            measurements.append(measurement)
        networks = []
        file_names = unique_file_names([s.name for s in session.networks])
        for source, measurement, file_name in zip(
            session.networks, measurements, file_names, strict=True
        ):
            _write_files(session.out, file_name, measurement)
            results = {
                **measurement.results,
                "depths": f"depths_{file_name}.npz",
                "contact_sheet": f"contact_sheet_{file_name}.svg",
            }
            networks.append({**session.describe(source), "results": results})
        return {
            "protocol": f"k-NN, k = {self._settings.k}, Euclidean, of the "
            f"features ({session.feature_dtype}) of the training part; "
            "training images are never their own neighbor; ties go to the "
            "lower index, then to the lower class; depth counts taps from 1, "
            "none is taps + 1",
            "networks": networks,
        }

    @classmethod
    def report(cls, results: Sequence[GroupedResult]) -> Iterator[ReportPart]:
        """Create the tables and figures of results; see `Probe`."""
        from seal_tf.probes.prediction_depth.figures import depth_figures
        from seal_tf.probes.prediction_depth.seed_average import (
            average_over_seeds,
        )
        from seal_tf.probes.prediction_depth.tables import (
            depth_table,
            describe_differences,
        )

        for i, result in enumerate(results):
            yield Subheading(result.label)
            if answer := describe_differences(result):
                yield Paragraph(answer)
            yield depth_table(result)
            taps = {tuple(e["results"]["taps"]) for e in result.entries()}
            if len(taps) > 1:
                yield Paragraph(
                    "The networks have different taps, so there is no figure."
                )
                continue
            seed_averages = [
                average_over_seeds(name, entries)
                for name, entries in result.groups.items()
            ]
            suffix = f"_{i}" if len(results) > 1 else ""
            for part in depth_figures(seed_averages):
                yield dataclasses.replace(part, name=part.name + suffix)
            yield from _contact_sheets(result)


def _contact_sheets(result: GroupedResult) -> Iterator[ImagePart]:
    """Yield the contact sheet of the first network of each group."""
    for name, (entry, *_) in result.groups.items():
        file_name = entry["results"].get("contact_sheet")
        if result.folder is None or file_name is None:
            continue
        path = result.folder / file_name
        if path.exists():
            network = "" if entry["name"] == name else f" ({entry['name']})"
            yield ImagePart(
                path,
                f"{name}{network}: the validation images that the network "
                "decides in its earliest layers (easiest), and those that it "
                "decides last or not at all (hardest), with class and depth.",
            )


def _write_files(
    out: Path, file_name: str, measurement: DepthMeasurement
) -> None:
    import numpy as np

    from seal_tf.probes.prediction_depth.contact_sheet import (
        write_contact_sheet,
    )

    with atomic_writer(out / f"depths_{file_name}.npz") as file:
        np.savez_compressed(file, allow_pickle=False, **measurement.arrays)
    write_contact_sheet(
        out / f"contact_sheet_{file_name}.svg",
        measurement.panels,
        measurement.sheet_title,
    )


def _check_same_taps(session: Session) -> None:
    networks = [session.load(source) for source in session.networks]
    first, *others = networks
    for network in others:
        if network.taps != first.taps:
            raise ValueError(
                "Depths at different taps cannot be compared: "
                f"{network.name} has the taps {', '.join(network.taps)}, and "
                f"{first.name} {', '.join(first.taps)}. Probe the networks "
                "separately, or export them with the same `taps`."
            )
        poolings = [network.card.get("pooling"), first.card.get("pooling")]
        if poolings[0] != poolings[1]:
            raise ValueError(
                f"Depths of different features cannot be compared: "
                f"{network.name} and {first.name} pool their taps differently "
                f"({' and '.join(map(str, poolings))}). Export them with the "
                "same `tap_pooling`."
            )


def _print_depths(name: str, results: dict[str, Any]) -> None:
    for split, entry in results["splits"].items():
        for definition in ("agreement", "correctness"):
            if definition in entry:
                summary = entry[definition]
                low, high = summary["interval"]
                print(
                    f"{name}: {split} {definition}: mean depth "
                    f"{summary['mean']:.2f} ({low:.2f} to {high:.2f}) of "
                    f"{len(results['taps'])} taps, none "
                    f"{summary['none_fraction']:.1%}"
                )


def unique_file_names(names: Sequence[str]) -> list[str]:
    """Return a file name for each name, all of them different.

    Args:
        names: Names of networks, which may contain any character.

    Returns:
        The file names, without a suffix.
    """
    file_names: list[str] = []
    for name in names:
        plain = "".join(c if c.isalnum() or c in "-_" else "_" for c in name)
        while plain in file_names:
            plain += "_"
        file_names.append(plain)
    return file_names
