"""A study as its TOML file says it: networks, images, methods, seeds."""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
from pathlib import Path

FOLDER = Path(__file__).parent


@dataclasses.dataclass(frozen=True)
class Planned:
    """One run of a study.

    Args:
        where: What is trained on, by the study's name for it.
        method: The method, by the study's name for it.
        seed: The seed.
        module: The command: "seal_tf.train" or "seal_tf.probe".
        flags: Its flags but for the work directory, in order.
        images: Training images of a pass.
    """

    where: str
    method: str
    seed: int
    module: str
    flags: dict
    images: int

    @property
    def passes(self) -> int:
        """Passes over the images."""
        return self.flags["generations"] * self.flags["epochs_per_generation"]

    @property
    def name(self) -> str:
        return f"{self.where}/{self.method}-seed{self.seed}"

    @property
    def result(self) -> str:
        """The file in its work directory that says that it is finished."""
        if self.module == "seal_tf.train":
            return "summary.json"
        return f"{self.flags['probe']}.json"

    def words(self, folder, data) -> list[str]:
        """The command's words after `python -m`.

        Args:
            folder: Its work directory.
            data: Folder of the archives.
        """
        into = "workdir" if self.module == "seal_tf.train" else "out"
        flags = self.flags | {into: str(folder)}
        return [self.module, *(_word(k, v, data) for k, v in flags.items())]


def _word(name, value, data):
    if isinstance(value, bool):
        return f"--{name}" if value else f"--no{name}"
    return f"--{name}={value}".replace("DATA/", f"{data}/")


@dataclasses.dataclass(frozen=True)
class Study:
    """A study.

    Args:
        name: Of its file.
        title: What its page is called.
        question: What it asks, in a sentence or two.
        wheres: Label of each thing that is trained on, by name.
        methods: Label of each method, by name.
        bases: Methods that others are compared with.
        runs: In the order in which they matter.
    """

    name: str
    title: str
    question: str
    wheres: dict[str, str]
    methods: dict[str, str]
    bases: tuple[str, ...]
    runs: tuple[Planned, ...]


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def read(name: str) -> Study:
    """Reads `studies/NAME.toml`.

    `[flags]` hold for every run; those of a `[where.X]` and then of a
    `[method.Y]` win over them. `[[runs]]` list, the most important first,
    which of them are run with which seeds.

    Raises:
        ValueError: there is no such study, or it names what it has not.
    """
    if name not in names():
        near = difflib.get_close_matches(name, names(), 1) or names()
        raise ValueError(f"no study {name!r}; there is {', '.join(near)}.")
    found = tomllib.loads((FOLDER / f"{name}.toml").read_text())
    runs = []
    for block in found["runs"]:
        for seed in block["seeds"]:
            runs += [
                _planned(name, found, where, method, seed)
                for where in block.get("where", found["where"])
                for method in block.get("methods", found["method"])
            ]
    labels = {
        part: {k: v.get("label", k) for k, v in found[part].items()}
        for part in ("where", "method")
    }
    return Study(
        name,
        found["title"],
        found["question"],
        labels["where"],
        labels["method"],
        tuple(found.get("bases", ())),
        # A run that is named twice is done once.
        tuple({run.name: run for run in runs}.values()),
    )


def _planned(name, found, where, method, seed):
    for part, one in (("where", where), ("method", method)):
        if one not in found[part]:
            raise ValueError(f"studies/{name}.toml: no [{part}.{one}].")
    flags = {
        **found.get("flags", {}),
        **found["where"][where].get("flags", {}),
        **found["method"][method].get("flags", {}),
    }
    return Planned(
        where,
        method,
        seed,
        "seal_tf.train",
        flags | {"seed": seed},
        found["where"][where]["images"],
    )
