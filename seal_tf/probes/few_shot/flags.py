"""Flags and settings of the few-shot probe."""

from __future__ import annotations

import dataclasses

from absl import flags

#: Accepted values of `classifier`.
CLASSIFIERS = ("ridge", "logistic")


@dataclasses.dataclass(frozen=True)
class FewShotSettings:
    """Settings of the few-shot probe.

    Args:
        tap: Tap whose features are classified.
        seed: Seed of the episodes.
        ways: Classes of an episode.
        shots: Support images of each class; each number is a setting.
        queries: Query images of each class.
        episodes: Number of episodes.
        all_way_shots: Support images of each class in episodes of all
            classes and all test images; 0 runs no such episodes.
        all_way_episodes: Number of episodes of all classes.
        classifier: "ridge" or "logistic".
        strength: Ridge's penalty, or logistic regression's C.
    """

    tap: str = "penultimate"
    seed: int = 0
    ways: int = 5
    shots: tuple[int, ...] = (1, 5, 20)
    queries: int = 15
    episodes: int = 600
    all_way_shots: int = 20
    all_way_episodes: int = 10
    classifier: str = "ridge"
    strength: float = 1.0

    @classmethod
    def from_flags(cls, flag_values: flags.FlagValues) -> FewShotSettings:
        """Create the settings from parsed flags.

        Args:
            flag_values: The parsed flags.

        Raises:
            ValueError: `shots` has something other than positive integers,
                or no kind of episode is requested.
        """
        shots = flag_values.shots
        if not all(word.isdecimal() and int(word) >= 1 for word in shots):
            raise ValueError(
                "Argument `shots` must be integers of at least 1, separated "
                f"by commas. Received: shots={','.join(shots)}."
            )
        if not shots and not flag_values.all_way_shots:
            raise ValueError(
                "Argument `shots` or `all_way_shots` must be given. Received: "
                "shots= and all_way_shots=0."
            )
        return cls(
            tap=flag_values.tap,
            seed=flag_values.seed,
            ways=flag_values.ways,
            shots=tuple(dict.fromkeys(map(int, shots))),
            queries=flag_values.queries,
            episodes=flag_values.episodes,
            all_way_shots=flag_values.all_way_shots,
            all_way_episodes=flag_values.all_way_episodes,
            classifier=flag_values.classifier,
            strength=flag_values.strength,
        )


def define_flags(flag_values: flags.FlagValues) -> None:
    """Define the flags of the few-shot probe.

    Args:
        flag_values: Where to define the flags.
    """
    flags.DEFINE_integer(
        "ways", 5, "few_shot: classes of an episode", 2, flag_values=flag_values
    )
    flags.DEFINE_list(
        "shots",
        ["1", "5", "20"],
        "few_shot: support images of each class; each number is a setting",
        flag_values=flag_values,
    )
    flags.DEFINE_integer(
        "queries",
        15,
        "few_shot: query images of each class",
        1,
        flag_values=flag_values,
    )
    flags.DEFINE_integer(
        "episodes",
        600,
        "few_shot: number of episodes",
        1,
        flag_values=flag_values,
    )
    flags.DEFINE_integer(
        "all_way_shots",
        20,
        "few_shot: support images of each class in episodes of all classes "
        "and all test images; 0 runs no such episodes",
        0,
        flag_values=flag_values,
    )
    flags.DEFINE_integer(
        "all_way_episodes",
        10,
        "few_shot: number of episodes of all classes",
        1,
        flag_values=flag_values,
    )
    flags.DEFINE_enum(
        "classifier",
        "ridge",
        list(CLASSIFIERS),
        "few_shot: the classifier that is fitted in each episode",
        flag_values=flag_values,
    )
    flags.DEFINE_float(
        "strength",
        1.0,
        "few_shot: penalty of ridge regression, or C of logistic regression",
        1e-12,
        flag_values=flag_values,
    )
