"""Train with several seeds: --seeds."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path

from absl import flags as absl_flags

from pipelines.batches import MAX_SEED
from seal_tf.cli.train.defaults import default_method


def parse_seeds(flags: absl_flags.FlagValues) -> tuple[int, ...]:
    """Return the seeds of `--seeds`; none without the flag.

    Args:
        flags: The parsed flags of `seal_tf.train`.

    Raises:
        ValueError: If they are no different whole numbers, at least 0, or
            another flag does not go with them.
    """
    if flags.seeds is None:
        return ()
    words = [word.strip() for word in flags.seeds]
    text = ",".join(words)
    if not all(word.isdecimal() for word in words) or not words:
        raise ValueError(
            "--seeds must be whole numbers separated by commas, as in 0,1,2. "
            f"Received: --seeds={text}"
        )
    seeds = tuple(map(int, words))
    if max(seeds) > MAX_SEED:
        raise ValueError(
            f"--seeds must be at most {MAX_SEED}. Received: --seeds={text}"
        )
    if len(set(seeds)) < len(seeds):
        raise ValueError(
            f"--seeds must be different numbers. Received: --seeds={text}"
        )
    if flags["seed"].present:
        raise ValueError(
            f"--seed={flags.seed} and --seeds={text} are incompatible: omit "
            "one of them."
        )
    if flags.strategy != "none":
        # TensorFlow reuses the keys of its collectives in a process.
        raise ValueError(
            f"--seeds={text} and --strategy={flags.strategy} are incompatible: "
            "run the command once for each --seed."
        )
    return seeds


def seeds_folder(flags: absl_flags.FlagValues) -> Path:
    """Return the folder that holds the run of each seed.

    Args:
        flags: The parsed flags of `seal_tf.train`.

    Raises:
        ValueError: If the folder is the work directory of one run.
    """
    method = flags.method or default_method(flags.generations)
    folder = Path(
        flags.workdir or f"runs/{method}-{flags.dataset}-{flags.arch}"
    )
    if (folder / "flags.txt").exists():
        raise ValueError(
            f"--workdir={folder} holds the run of one seed, and --seeds needs "
            "a folder for several. Use another folder."
        )
    return folder


def set_seed(flags: absl_flags.FlagValues, seed: int) -> None:
    """Set the seed and its work directory.

    Args:
        flags: The parsed flags of `seal_tf.train`, which change.
        seed: One of the seeds.

    Raises:
        ValueError: As `seeds_folder`.
    """
    flags["workdir"].value = str(seeds_folder(flags) / f"seed{seed}")
    flags["seed"].value = seed


def report_seeds(folder: Path, seeds: Sequence[int]) -> None:
    """Write the report of all seeds, and print their mean accuracy.

    Args:
        folder: The folder of `seeds_folder`.
        seeds: The seeds, whose runs are finished.
    """
    from seal_tf import reports

    runs = reports.read_runs(folder / f"seed{seed}" for seed in seeds)
    report_file = reports.write_report(runs, folder / "report")
    accuracies = [run.summary["last"]["val_accuracy"] for run in runs]
    spread = ""
    if len(accuracies) > 1:
        spread = f" ± {statistics.stdev(accuracies):.2%} (standard deviation)"
    print(
        f"{len(seeds)} seeds: validation accuracy "
        f"{statistics.fmean(accuracies):.2%}{spread} after the last epoch; "
        f"report: {report_file}"
    )
