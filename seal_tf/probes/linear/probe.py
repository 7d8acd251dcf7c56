"""The linear probe as a command."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from absl import flags

from seal_tf.probes.base import Probe
from seal_tf.probes.data_set_columns import data_set_columns
from seal_tf.probes.linear.flags import LinearSettings, define_flags
from seal_tf.probes.report_parts import GroupedResult, ReportPart
from seal_tf.probes.session import Session
from seal_tf.probes.source import NetworkSource

if TYPE_CHECKING:
    from seal_tf.probes.linear.compute import FitCache


class LinearProbe(Probe):
    """Logistic regression on the features of one tap.

    Args:
        settings: Tap and seeds.
    """

    name = "linear"
    title = "Linear probe"

    def __init__(self, settings: LinearSettings) -> None:
        self._settings = settings

    @classmethod
    def define_flags(cls, flag_values: flags.FlagValues) -> None:
        """Define the flags of the linear probe; see `Probe`."""
        define_flags(flag_values)

    @classmethod
    def from_flags(cls, flag_values: flags.FlagValues) -> LinearProbe:
        """Create the probe from parsed flags; see `Probe`."""
        return cls(LinearSettings.from_flags(flag_values))

    def run(self, session: Session) -> dict[str, Any]:
        """Probe all networks of a session; see `Probe`."""
        from seal_tf.probes.linear import compute

        networks = []
        for source in session.networks:
            results = self._probe(session, source)
            low, high = results["interval"]
            print(
                f"{source.name}: linear probe of {results['tap']}: top-1 "
                f"{results['top1']:.2%} (95 % interval over test images "
                f"{low:.2%} to {high:.2%}), top-5 {results['top5']:.2%}, mean "
                f"per class {results['mean_per_class']:.2%}"
            )
            networks.append({**session.describe(source), "results": results})
        return {"protocol": compute.protocol(), "networks": networks}

    def _probe(self, session: Session, source: NetworkSource) -> dict[str, Any]:
        import numpy as np

        from seal_tf.probes.labeled_features import LabeledFeatures
        from seal_tf.probes.linear.compute import MAX_FITS, linear_probe

        tap, first = self._settings.tap, self._settings.seed
        session.load(source).check_tap(tap)
        training, test = (
            LabeledFeatures(
                session.features(source, images).tap(tap), images.labels
            )
            for images in session.images(source)
        )
        progress = session.progress(f"{source.name}: linear probe", unit="fit")
        fits: FitCache = {}
        by_seed: list[dict[str, Any]] = []

        def progress_of_seed(completed: int, count: int) -> None:
            progress(
                len(by_seed) * MAX_FITS + completed,
                self._settings.seeds * MAX_FITS,
            )

        for seed in range(first, first + self._settings.seeds):
            result = linear_probe(
                training, test, seed=seed, fits=fits, progress=progress_of_seed
            )
            del result["correct"]
            by_seed.append({"seed": seed, **result})
        top1 = [result["top1"] for result in by_seed]
        return {
            "tap": tap,
            "num_features": training.features.shape[1],
            "by_seed": by_seed,
            **{
                key: float(np.mean([result[key] for result in by_seed]))
                for key in ("top1", "top5", "mean_per_class")
            },
            "interval": np.mean(
                [result["interval"] for result in by_seed], 0
            ).tolist(),
            "std_over_seeds": float(np.std(top1, ddof=1))
            if len(top1) > 1
            else None,
        }

    @classmethod
    def report(cls, results: Sequence[GroupedResult]) -> Iterator[ReportPart]:
        """Create the table and the figure of results; see `Probe`."""
        from seal_tf.probes.linear.figures import linear_figure
        from seal_tf.probes.linear.tables import linear_table

        columns = data_set_columns(results)
        yield linear_table(columns)
        yield linear_figure(columns)
