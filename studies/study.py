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
        images: Training images of a pass; None: it trains nothing.
    """

    where: str
    method: str
    seed: int
    module: str
    flags: dict
    images: int | None = None

    @property
    def passes(self) -> int | None:
        """Passes over the images; None: it trains nothing."""
        if self.images is None:
            return None
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

    def words(self, folder, data, out) -> list[str]:
        """The command's words after `python -m`.

        Args:
            folder: Its work directory.
            data: Folder of the archives, DATA in flags.
            out: Folder of all studies' work directories, OUT in flags.
        """
        into = "workdir" if self.module == "seal_tf.train" else "out"
        words = [_word(k, v) for k, v in self.flags.items()]
        return [
            self.module,
            *(
                word.replace("=DATA/", f"={data}/").replace("=OUT/", f"={out}/")
                for word in words
            ),
            f"--{into}={folder}",
        ]


def _word(name, value):
    if isinstance(value, bool):
        return f"--{name}" if value else f"--no{name}"
    return f"--{name}={value}"


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
    `[method.Y]` win over them, and then those that `flags_of.Y` of a
    `[where.X]` has. `[[runs]]` list, the most important first, which of them
    are run with which seeds.

    A study with `of = "STUDY/WHERE"` probes the networks that runs of
    another one trained: its `[where.X]` are probes, its methods the other's.

    Raises:
        ValueError: there is no such study, or it names what it has not.
    """
    if name not in names():
        near = difflib.get_close_matches(name, names(), 1) or names()
        raise ValueError(f"no study {name!r}; there is {', '.join(near)}.")
    found = _toml(name)
    if "of" in found:
        theirs = _toml(found["of"].split("/")[0])
        found["method"] = {
            method: {"label": one.get("label", method)}
            for method, one in theirs["method"].items()
        }
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


def _toml(name):
    return tomllib.loads((FOLDER / f"{name}.toml").read_text())


def _planned(name, found, where, method, seed):
    for part, one in (("where", where), ("method", method)):
        if one not in found[part]:
            raise ValueError(f"studies/{name}.toml: no [{part}.{one}].")
    flags = {
        **found.get("flags", {}),
        **found["where"][where].get("flags", {}),
        **found["method"][method].get("flags", {}),
        **found["where"][where].get("flags_of", {}).get(method, {}),
    }
    if "of" in found:
        network = {"export": f"OUT/{found['of']}/{method}-seed{seed}"}
        return Planned(where, method, seed, "seal_tf.probe", network | flags)
    return Planned(
        where,
        method,
        seed,
        "seal_tf.train",
        flags | {"seed": seed},
        found["where"][where]["images"],
    )
