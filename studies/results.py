"""Load and save the results of runs as JSON in `docs/results/STUDY/json`."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

from absl import flags as absl_flags

from seal_tf.cli.train.flags import define_train_flags
from seal_tf.utils.files import write_json
from seal_tf.utils.non_semantic_flags import NON_SEMANTIC_FLAGS
from studies.study import PlannedRun, Study

#: Result of a run: "command", "machine", "jobs", "date", "result" (the summary
#: of a training, or the content of a probe's JSON file), and "curves" (see
#: `read_curves`; older results have none).
RunResult = dict[str, Any]
#: Results by (setting, method, seed).
Results = dict[tuple[str, str, int], RunResult]

#: Flags with paths, which differ between machines.
_PATH_FLAGS = ("data_dir", "export", "flagfile")


def load_results(folder: str | Path, study: Study) -> Results:
    """Load all results of a study.

    Args:
        folder: The study's folder of results.
        study: The study. Results of other runs are ignored.

    Returns:
        The results of the finished runs, in the order of the study.

    Raises:
        ValueError: A result has other flags than the study.
    """
    results = ((run, load_result(folder, run)) for run in study.runs)
    return {
        (run.setting, run.method, run.seed): result
        for run, result in results
        if result is not None
    }


def results_by_method(
    study: Study, results: Results, setting: str
) -> dict[str, list[RunResult]]:
    """Return the results of one setting by method.

    Args:
        study: The study, whose order the methods have.
        results: Its results.
        setting: Name of the setting.

    Returns:
        The results of each method with one, in the order of `results`.
    """
    by_method: dict[str, list[RunResult]] = {m: [] for m in study.methods}
    for (name, method, _), result in results.items():
        if name == setting:
            by_method[method].append(result)
    return {method: own for method, own in by_method.items() if own}


def load_result(folder: str | Path, run: PlannedRun) -> RunResult | None:
    """Load the result of one run.

    Args:
        folder: The study's folder of results.
        run: The run.

    Returns:
        The result; None if the run is not finished.

    Raises:
        ValueError: The result has other flags than the run.
    """
    path = _path(folder, run)
    if not path.exists():
        return None
    result = json.loads(path.read_text())
    check_flags(run, result["result"], path)
    return result


def save_result(folder: str | Path, run: PlannedRun, result: RunResult) -> Path:
    """Save the result of one run, without the folders of this machine.

    Args:
        folder: The study's folder of results.
        run: The run.
        result: Its result.

    Returns:
        The file.
    """
    path = _path(folder, run)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, {**result, "result": _without_folders(result["result"])})
    return path


def _without_folders(result: dict[str, Any]) -> dict[str, Any]:
    flags = dict(result.get("flags") or {})
    if isinstance(flags.get("data_dir"), str):
        flags["data_dir"] = f"DATA/{Path(flags['data_dir']).name}"
    if isinstance(flags.get("workdir"), str):
        # STUDY/SETTING/RUN
        parts = Path(flags["workdir"]).parts[-3:]
        flags["workdir"] = "/".join(("runs/studies", *parts))
    return {**result, "flags": flags} if flags else result


def check_flags(run: PlannedRun, result: dict[str, Any], path: Path) -> None:
    """Check that a result has the flags of the run.

    A flag of training that one of them does not name has its default: the
    result may be older than the flag. Flags are ignored if they have paths,
    or do not affect the result, or if their default depends on the images.

    Args:
        run: The run.
        result: Summary of the training, or content of a probe's JSON file.
        path: File of the result, for the message.

    Raises:
        ValueError: A flag differs.
    """
    flags = result.get("flags")
    if not flags:
        return
    defaults = _training_defaults() if run.module == "seal_tf.train" else {}
    recorded, expected = {**defaults, **flags}, {**defaults, **run.flags}
    ignored = {*_PATH_FLAGS, *NON_SEMANTIC_FLAGS}
    differences = [
        f"--{name}={recorded[name]} in the result, {value} in the study"
        for name, value in expected.items()
        if name in recorded
        and name not in ignored
        and (value is not None or name in run.flags)
        and recorded[name] != value
    ]
    if differences:
        raise ValueError(
            f"{path}: the result has other flags than the study "
            f"({'; '.join(differences)}). To repeat the run, delete the file "
            "and the work directory of the run."
        )


@functools.cache
def _training_defaults() -> dict[str, Any]:
    flags = absl_flags.FlagValues()
    define_train_flags(flags)
    return {name: flags[name].default for name in flags}


def _path(folder: str | Path, run: PlannedRun) -> Path:
    return Path(folder) / "json" / f"{run.name}.json"
