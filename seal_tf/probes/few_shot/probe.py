"""The few-shot probe as a command."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from absl import flags

from seal_tf.probes.base import Probe
from seal_tf.probes.few_shot.flags import FewShotSettings, define_flags
from seal_tf.probes.report_parts import (
    GroupedResult,
    Paragraph,
    ReportPart,
    Subheading,
)
from seal_tf.probes.session import Session
from seal_tf.probes.source import NetworkSource

if TYPE_CHECKING:
    import numpy as np

    from seal_tf.probes.few_shot.compute import EpisodeSetting


class FewShotProbe(Probe):
    """Episodes of n ways and k shots on the features of one tap.

    Args:
        settings: Tap, kinds of episodes and classifier.
    """

    name = "few_shot"
    title = "Few-shot transfer"

    def __init__(self, settings: FewShotSettings) -> None:
        self._settings = settings

    @classmethod
    def define_flags(cls, flag_values: flags.FlagValues) -> None:
        """Define the flags of the few-shot probe; see `Probe`."""
        define_flags(flag_values)

    @classmethod
    def from_flags(cls, flag_values: flags.FlagValues) -> FewShotProbe:
        """Create the probe from parsed flags; see `Probe`."""
        return cls(FewShotSettings.from_flags(flag_values))

    def run(self, session: Session) -> dict[str, Any]:
        """Probe all networks of a session; see `Probe`."""
        from seal_tf.probes.few_shot import compute

        networks = []
        skipped: list[str] = []
        for source in session.networks:
            results, skipped = self._probe(session, source)
            networks.append({**session.describe(source), "results": results})
        for line in skipped:
            print(line)
        classifier = compute.Classifier(
            self._settings.classifier, self._settings.strength
        )
        return {
            "protocol": compute.protocol(classifier, self._settings.seed),
            "skipped": skipped,
            "networks": networks,
        }

    def _probe(
        self, session: Session, source: NetworkSource
    ) -> tuple[dict[str, Any], list[str]]:
        """Return the results of a network and the skipped settings."""
        from seal_tf.probes.few_shot import compute
        from seal_tf.probes.labeled_features import LabeledFeatures

        tap = self._settings.tap
        session.load(source).check_tap(tap)
        splits = session.images(source)
        settings, skipped = self._episode_settings(
            splits[0].labels, splits[1].labels
        )
        training, test = (
            LabeledFeatures(
                session.features(source, images).tap(tap), images.labels
            )
            for images in splits
        )
        rows = []
        for setting in settings:
            accuracy = compute.few_shot_accuracy(
                training,
                test,
                setting,
                compute.Classifier(
                    self._settings.classifier, self._settings.strength
                ),
                session.progress(f"{source.name}: {setting.name}"),
            )
            rows.append(
                {
                    "setting": setting.name,
                    "ways": setting.ways,
                    "shots": setting.shots,
                    "queries": setting.queries,
                    **accuracy,
                }
            )
            margin = accuracy["margin_of_error"]
            print(
                f"{source.name}: {setting.name}: {accuracy['mean']:.2%}"
                + (f" ± {margin:.2%}" if margin is not None else "")
                + f" ({accuracy['episodes']} episodes)"
            )
        return {"tap": tap, "settings": rows}, skipped

    def _episode_settings(
        self, labels: np.ndarray, test_labels: np.ndarray
    ) -> tuple[list[EpisodeSetting], list[str]]:
        """Return (possible kinds of episodes, lines on all deviations)."""
        from seal_tf.probes.few_shot import compute

        settings = self._settings
        requested = [
            compute.EpisodeSetting(
                settings.ways,
                shots,
                settings.queries,
                settings.episodes,
                settings.seed,
            )
            for shots in settings.shots
        ]
        if settings.all_way_shots:
            requested.append(
                compute.EpisodeSetting(
                    None,
                    settings.all_way_shots,
                    None,
                    settings.all_way_episodes,
                    settings.seed,
                )
            )
        possible, skipped = [], []
        for setting in requested:
            try:
                possible.append(
                    compute.fit_setting(setting, labels, test_labels)
                )
            except compute.SettingNotPossibleError as error:
                skipped.append(str(error))
        if not possible:
            raise ValueError(
                f"No episode can be sampled: {'; '.join(skipped)}."
            )
        reduced = [
            f"{setting.name}: {setting.queries} instead of {settings.queries} "
            "queries of each class, because a class has no more test images"
            for setting in possible
            if setting.ways and setting.queries != settings.queries
        ]
        return possible, skipped + reduced

    @classmethod
    def report(cls, results: Sequence[GroupedResult]) -> Iterator[ReportPart]:
        """Create the tables and figures of results; see `Probe`."""
        from seal_tf.probes.few_shot import figures, tables

        for line in dict.fromkeys(
            f"{result.label}: {line}"
            for result in results
            for line in result.skipped
        ):
            yield Paragraph(line)
        for i, setting in enumerate(tables.setting_names(results)):
            yield Subheading(setting)
            yield tables.few_shot_table(results, setting)
            yield figures.few_shot_figure(results, setting, f"few_shot_{i}")
