"""Load and save the results of runs as JSON in `docs/results/STUDY/json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from seal_tf.utils.files import write_json
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
    """Save the result of one run.

    Args:
        folder: The study's folder of results.
        run: The run.
        result: Its result.

    Returns:
        The file.
    """
    path = _path(folder, run)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, result)
    return path


def check_flags(run: PlannedRun, result: dict[str, Any], path: Path) -> None:
    """Check that a result has the flags of the run.

    Flags with paths are ignored, and flags that the result does not record.

    Args:
        run: The run.
        result: Summary of the training, or content of a probe's JSON file.
        path: File of the result, for the message.

    Raises:
        ValueError: A flag differs.
    """
    flags = result.get("flags", {})
    differences = [
        f"--{name}={flags[name]} in the result, {value} in the study"
        for name, value in run.flags.items()
        if name in flags and name not in _PATH_FLAGS and flags[name] != value
    ]
    if differences:
        raise ValueError(
            f"{path}: the result has other flags than the study "
            f"({'; '.join(differences)}). To repeat the run, delete the file "
            "and the work directory of the run."
        )


def _path(folder: str | Path, run: PlannedRun) -> Path:
    return Path(folder) / "json" / f"{run.name}.json"
