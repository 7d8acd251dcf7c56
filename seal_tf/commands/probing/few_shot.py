"""`--probe=few_shot`: episodes of n ways and k shots on one tap."""

from __future__ import annotations

from seal_tf.commands.probing.asked import Asked
from seal_tf.probes import few_shot


def run(asked: Asked) -> dict:
    """Probes every network; see `seal_tf.probes.few_shot`."""
    flags = asked.flags
    networks, left_out = [], []
    for subject in asked.subjects:
        tap = asked.tap(subject)
        train, test = asked.images(subject)
        settings, left_out = _settings(flags, train.labels, test.labels)
        training = asked.features(subject, train).tap(tap)
        held = asked.features(subject, test).tap(tap)
        results = []
        for setting in settings:
            found = few_shot.few_shot(
                training,
                train.labels,
                held,
                test.labels,
                setting,
                classifier=flags.classifier,
                strength=flags.strength,
                progress=asked.progress(f"{subject.name}: {setting.name}"),
            )
            results.append(
                {
                    "setting": setting.name,
                    "ways": setting.ways,
                    "shots": setting.shots,
                    "queries": setting.queries,
                    **found,
                }
            )
            half = found["half_interval"]
            print(
                f"{subject.name}: {setting.name}: {found['mean']:.2%}"
                + (f" ± {half:.2%}" if half is not None else "")
                + f" ({found['episodes']} episodes)"
            )
        networks.append(
            {**asked.about(subject), "results": {"tap": tap, "few": results}}
        )
    for line in left_out:
        print(line)
    return {
        "protocol": few_shot.protocol(
            flags.classifier, flags.strength, flags.seed
        ),
        "left_out": left_out,
        "networks": networks,
    }


def _settings(flags, labels, truth):
    """(settings that these data allow, lines on those that they do not)."""
    wanted = [
        few_shot.Setting(
            flags.ways, int(k), flags.queries, flags.episodes, flags.seed
        )
        for k in dict.fromkeys(flags.shots)
    ]
    if flags.all_way_shots:
        wanted.append(
            few_shot.Setting(
                None,
                flags.all_way_shots,
                None,
                flags.all_way_episodes,
                flags.seed,
            )
        )
    found = [few_shot.fitted(setting, labels, truth) for setting in wanted]
    settings = [s for s in found if not isinstance(s, str)]
    left_out = [s for s in found if isinstance(s, str)]
    if not settings:
        raise ValueError(f"no episode can be drawn: {'; '.join(left_out)}.")
    changed = []
    for setting in settings:
        if setting.ways and setting.queries != flags.queries:
            changed.append(
                f"{setting.name}: {setting.queries} queries of each class, "
                f"not {flags.queries}: a class has no more test images"
            )
    return settings, left_out + changed
