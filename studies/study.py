"""A study as its TOML file describes it: settings, methods, seeds, runs."""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seal_tf.study.program import flag_words

#: Folder of the TOML files.
STUDY_DIR = Path(__file__).parent

#: Flags of every training, so that a repeated run has the same figures: the
#: algorithms do not depend on a measurement.
REPEATABLE = ("--fast_ops=table",)


@dataclasses.dataclass(frozen=True)
class PlannedRun:
    """One run of a study.

    Args:
        setting: Name of the images and sizes that the run uses.
        method: Name of the method.
        seed: Seed of the run.
        module: The command: "seal_tf.train" or "seal_tf.probe".
        flags: Flags of the command by name, in order, without the work
            directory.
        images: Training images of one pass; None for a probe.
    """

    setting: str
    method: str
    seed: int
    module: str
    flags: dict[str, Any]
    images: int | None = None

    @property
    def passes(self) -> int | None:
        """Passes over the training images; None for a probe."""
        if self.images is None:
            return None
        return self.flags["generations"] * self.flags["epochs_per_generation"]

    @property
    def name(self) -> str:
        """SETTING/METHOD-seedN."""
        return f"{self.setting}/{self.method}-seed{self.seed}"

    @property
    def result_file(self) -> str:
        """Name of the file that a finished run has in its work directory."""
        if self.module == "seal_tf.train":
            return "summary.json"
        return f"{self.flags['probe']}.json"

    def command(
        self, workdir: str | Path, data: str | Path, out: str | Path
    ) -> list[str]:
        """Return the words of the command after `python -m`.

        Args:
            workdir: Work directory of the run.
            data: Folder of the archives; replaces DATA in flags.
            out: Folder of the work directories of all studies; replaces OUT
                in flags.
        """
        workdir_flag = "workdir" if self.module == "seal_tf.train" else "out"
        return [
            self.module,
            *(
                word.replace("=DATA/", f"={data}/").replace("=OUT/", f"={out}/")
                for word in flag_words(self.flags)
            ),
            *(REPEATABLE if self.module == "seal_tf.train" else ()),
            f"--{workdir_flag}={workdir}",
        ]


@dataclasses.dataclass(frozen=True)
class Study:
    """A study.

    Args:
        name: Name of its TOML file without the suffix.
        title: Title of its page.
        question: The question in a few sentences.
        gate: What decides, written before the first run; may be empty.
        cost: What the runs cost, written before the first run; may be empty.
        settings: Label of each setting, by name.
        methods: Label of each method, by name.
        training_methods: Method of the training, as in `--method`, by name.
        baselines: Methods with which the others are compared.
        runs: All runs, in order of importance.
    """

    name: str
    title: str
    question: str
    gate: str
    cost: str
    settings: dict[str, str]
    methods: dict[str, str]
    training_methods: dict[str, str | None]
    baselines: tuple[str, ...]
    runs: tuple[PlannedRun, ...]


def study_names() -> list[str]:
    """Return the names of all studies, sorted."""
    return sorted(path.stem for path in STUDY_DIR.glob("*.toml"))


def load_study(name: str) -> Study:
    """Read `studies/NAME.toml`.

    `[flags]` apply to every run. The flags of `[setting.X]` override them,
    the flags of `[method.Y]` override both, and `method_flags.Y` of a
    `[setting.X]` overrides all of these. `[[runs]]` list the runs in order of
    importance, with their seeds.

    A study with `networks_from = "STUDY/SETTING"` probes the networks of
    another study: its settings are probes, and its methods are those of the
    other study.

    Args:
        name: Name of the study.

    Returns:
        The study.

    Raises:
        ValueError: No such study exists, or `[[runs]]` has a name that is
            not defined.
    """
    if name not in study_names():
        similar = difflib.get_close_matches(name, study_names(), 1)
        raise ValueError(
            "Argument `study` must be the name of a study, such as "
            f"{', '.join(similar or study_names())}. Received: study={name}"
        )
    content = _read_toml(name)
    if "networks_from" in content:
        other = _read_toml(content["networks_from"].split("/")[0])
        trainings = other["method"]
        content["method"] = {
            method: {"label": table.get("label", method)}
            for method, table in trainings.items()
        }
    else:
        trainings = content["method"]
    labels = {
        part: {key: v.get("label", key) for key, v in content[part].items()}
        for part in ("setting", "method")
    }
    # A run that is listed twice is one run.
    runs = {run.name: run for run in _planned_runs(name, content)}
    return Study(
        name=name,
        title=content["title"],
        question=content["question"],
        gate=content.get("gate", ""),
        cost=content.get("cost", ""),
        settings=labels["setting"],
        methods=labels["method"],
        training_methods={
            method: table.get("flags", {}).get("method")
            for method, table in trainings.items()
        },
        baselines=tuple(content.get("baselines", ())),
        runs=tuple(runs.values()),
    )


def _read_toml(name: str) -> dict[str, Any]:
    return tomllib.loads((STUDY_DIR / f"{name}.toml").read_text())


def _planned_runs(name: str, content: dict[str, Any]) -> Iterator[PlannedRun]:
    for block in content["runs"]:
        for seed in block["seeds"]:
            for setting in block.get("settings", content["setting"]):
                for method in block.get("methods", content["method"]):
                    for part, key in (("setting", setting), ("method", method)):
                        if key not in content[part]:
                            raise ValueError(
                                f"studies/{name}.toml: [[runs]] names "
                                f"{key!r}, and [{part}.{key}] is missing."
                            )
                    yield _planned_run(content, setting, method, seed)


def _planned_run(
    content: dict[str, Any], setting: str, method: str, seed: int
) -> PlannedRun:
    table = content["setting"][setting]
    flags = {
        **content.get("flags", {}),
        **table.get("flags", {}),
        **content["method"][method].get("flags", {}),
        **table.get("method_flags", {}).get(method, {}),
    }
    if "networks_from" in content:
        export = f"OUT/{content['networks_from']}/{method}-seed{seed}"
        return PlannedRun(
            setting, method, seed, "seal_tf.probe", {"export": export} | flags
        )
    return PlannedRun(
        setting,
        method,
        seed,
        "seal_tf.train",
        flags | {"seed": seed},
        table["images"],
    )
