"""The few-shot probe as a command."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from absl import flags

from seal_tf.probes.base import Probe
from seal_tf.probes.data_set_columns import data_set_columns
from seal_tf.probes.few_shot.flags import FewShotSettings, define_flags
from seal_tf.probes.report_parts import (
    GroupedResult,
    Paragraph,
    ReportPart,
    Subheading,
)
from seal_tf.probes.session import Session
from seal_tf.probes.source import NetworkSource
from seal_tf.utils.statistics import format_with_interval

if TYPE_CHECKING:
    import numpy as np

    from pipelines.images import Images
    from seal_tf.probes.few_shot.compute import Classifier, EpisodeSetting

    #: Accuracies of a network in each episode, by kind of episode.
    _EpisodeAccuracies = dict[EpisodeSetting, np.ndarray]

#: Excluded classes that a line names; the JSON file names all of them.
MAX_NAMES = 5


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

        networks: list[dict[str, Any]] = []
        accuracies: list[_EpisodeAccuracies] = []
        deviations: list[str] = []
        for source in session.networks:
            settings, deviations = self._episode_settings(
                *session.images(source)
            )
            by_setting = self._episode_accuracies(session, source, settings)
            rows = [
                {
                    **_describe(setting, session.images(source)[0]),
                    **compute.summarize_episodes(by_setting[setting]),
                    "differences": [
                        {
                            "network": network["name"],
                            **compute.paired_difference(
                                by_setting[setting], others[setting]
                            ),
                        }
                        for network, others in zip(
                            networks, accuracies, strict=True
                        )
                        if setting in others
                    ],
                }
                for setting in settings
            ]
            for row in rows:
                print(_format_row(source.name, row))
            results = {"tap": self._settings.tap, "settings": rows}
            networks.append({**session.describe(source), "results": results})
            accuracies.append(by_setting)
        for line in deviations:
            print(line)
        return {
            "protocol": compute.protocol(
                self._classifier(), self._settings.seed
            ),
            "skipped": deviations,
            "networks": networks,
        }

    def _classifier(self) -> Classifier:
        from seal_tf.probes.few_shot.compute import Classifier

        return Classifier(self._settings.classifier, self._settings.strength)

    def _episode_accuracies(
        self,
        session: Session,
        source: NetworkSource,
        settings: Sequence[EpisodeSetting],
    ) -> _EpisodeAccuracies:
        """Return the accuracies of a network, float64 [episodes]."""
        from seal_tf.probes.few_shot.compute import episode_accuracies
        from seal_tf.probes.labeled_features import LabeledFeatures

        tap = self._settings.tap
        session.load(source).check_tap(tap)
        training, test = (
            LabeledFeatures(
                session.features(source, images).tap(tap), images.labels
            )
            for images in session.images(source)
        )
        return {
            setting: episode_accuracies(
                training,
                test,
                setting,
                self._classifier(),
                session.progress(
                    f"{source.name}: {setting.name}", unit="episode"
                ),
            )
            for setting in settings
        }

    def _episode_settings(
        self, training: Images, test: Images
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
                    compute.fit_setting(setting, training.labels, test.labels)
                )
            except compute.SettingNotPossibleError as error:
                skipped.append(str(error))
        if not possible:
            raise ValueError(
                f"No episode can be sampled: {'; '.join(skipped)}."
            )
        excluded = [
            _format_excluded(setting, training)
            for setting in possible
            if setting.classes is not None
        ]
        reduced = [
            f"{setting.name}: {setting.queries} instead of {settings.queries} "
            "queries of each class, because a class has no more test images"
            for setting in possible
            if setting.ways and setting.queries != settings.queries
        ]
        return possible, skipped + excluded + reduced

    @classmethod
    def report(cls, results: Sequence[GroupedResult]) -> Iterator[ReportPart]:
        """Create the tables and figures of results; see `Probe`."""
        from seal_tf.probes.few_shot import figures, tables

        results = data_set_columns(results)
        for line in dict.fromkeys(
            f"{result.label}: {line}"
            for result in results
            for line in result.skipped
        ):
            yield Paragraph(line)
        for i, setting in enumerate(tables.setting_names(results)):
            yield Subheading(setting)
            yield figures.few_shot_figure(results, setting, f"few_shot_{i}")
            yield tables.few_shot_table(results, setting)
            differences = tables.difference_table(results, setting)
            if len(differences.rows) > 1:
                yield differences


def _excluded_classes(setting: EpisodeSetting, images: Images) -> list[str]:
    """Return the names of the classes that episodes exclude."""
    if setting.classes is None:
        return []
    return [
        name
        for label, name in enumerate(images.class_names)
        if label not in setting.classes
    ]


def _describe(setting: EpisodeSetting, images: Images) -> dict[str, Any]:
    """Return what results report of a setting."""
    return {
        "setting": setting.name,
        "ways": setting.ways,
        "shots": setting.shots,
        "queries": setting.queries,
        "excluded_classes": _excluded_classes(setting, images),
    }


def _format_excluded(setting: EpisodeSetting, images: Images) -> str:
    names = _excluded_classes(setting, images)
    more = len(names) - MAX_NAMES
    return (
        f"{setting.name}: without {len(names)} of {len(images.class_names)} "
        f"classes, which have fewer than {setting.shots} training images or "
        f"no test image: {', '.join(names[:MAX_NAMES])}"
        + (f" and {more} more" if more > 0 else "")
    )


def _format_row(name: str, row: Mapping[str, Any]) -> str:
    """Format the accuracy, and its difference to the first network."""
    margin = row["margin_of_error"]
    text = (
        f"{name}: {row['setting']}: {row['mean']:.2%}"
        + (f" ± {margin:.2%}" if margin is not None else "")
        + f" ({row['episodes']} episodes)"
    )
    for difference in row["differences"][:1]:
        mean, margin = difference["mean"], difference["margin_of_error"]
        points = format_with_interval(
            100 * mean, None if margin is None else 100 * margin, 2
        )
        text += (
            f"; minus {difference['network']}: {points} points, same episodes"
        )
    return text
