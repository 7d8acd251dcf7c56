"""Run a study.

  python -m studies.run NAME --data=DATA

The command runs what is missing, in order of importance; interrupted runs
resume. It saves the result of each run in docs/results/NAME/json, and then
draws the page of the study. --dry_run prints the estimated cost. --repeat=RUN
repeats one run in a temporary folder and compares the results.
"""

from __future__ import annotations

import dataclasses
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from absl import flags

from seal_tf.cli.errors import one_line_errors
from seal_tf.cli.flags import parse
from studies.comparison import headline_metric
from studies.cost import estimate_costs
from studies.results import RunResult, load_result, save_result
from studies.runner import Runner, RunnerSettings
from studies.study import PlannedRun, Study, load_study, study_names
from studies.study_page import draw_study_page


def define_flags(flag_values: flags.FlagValues) -> None:
    """Define the flags of the command.

    Args:
        flag_values: Where to define the flags.
    """
    flags.DEFINE_string(
        "out",
        "runs/studies",
        "folder of the work directories, with a folder for each study",
        flag_values=flag_values,
    )
    flags.DEFINE_string(
        "data",
        None,
        "folder of the archives of images",
        flag_values=flag_values,
    )
    flags.DEFINE_string(
        "results",
        "docs/results",
        "folder of the results, with a folder for each study",
        flag_values=flag_values,
    )
    flags.DEFINE_integer(
        "jobs",
        2,
        "number of runs at a time, which share the cores; another number "
        "changes the results by rounding",
        1,
        flag_values=flag_values,
    )
    flags.DEFINE_list(
        "only",
        [],
        "run only runs whose name contains one of these strings",
        flag_values=flag_values,
    )
    flags.DEFINE_bool(
        "dry_run",
        False,
        "print the estimated cost, and stop",
        flag_values=flag_values,
    )
    flags.DEFINE_string(
        "repeat",
        None,
        "repeat this run in a temporary folder, and compare its results with "
        "the saved results",
        flag_values=flag_values,
    )


@dataclasses.dataclass(frozen=True)
class StudySettings:
    """Settings of the command.

    Args:
        study: The study.
        runs: The selected runs of the study.
        out: Folder of the work directories of all studies.
        data: Folder of the archives of images, or None.
        results: Folder of the results of all studies.
        jobs: Number of runs at a time.
        dry_run: Whether to print the estimated cost only.
        repeat: Name of the run to repeat, or None.
    """

    study: Study
    runs: tuple[PlannedRun, ...]
    out: Path
    data: Path | None
    results: Path
    jobs: int
    dry_run: bool
    repeat: str | None

    @classmethod
    def from_flags(
        cls, names: Sequence[str], flag_values: flags.FlagValues
    ) -> StudySettings:
        """Create the settings.

        Args:
            names: The words of the command line that are not flags.
            flag_values: The parsed flags.

        Raises:
            ValueError: `names` is not the name of one study, or no run
                matches `--only`.
        """
        if len(names) != 1:
            raise ValueError(
                "Argument `study` must be the name of one study: "
                f"{', '.join(study_names())}. Received: "
                f"{' '.join(names) or 'none'}"
            )
        study = load_study(names[0])
        only = flag_values.only
        runs = tuple(
            run
            for run in study.runs
            if not only or any(part in run.name for part in only)
        )
        if not runs:
            raise ValueError(
                "Argument `only` must contain a part of the name of a run of "
                f"{study.name}, such as {study.runs[0].name}. Received: "
                f"only={','.join(only)}"
            )
        return cls(
            study=study,
            runs=runs,
            out=Path(flag_values.out),
            data=Path(flag_values.data) if flag_values.data else None,
            results=Path(flag_values.results),
            jobs=flag_values.jobs,
            dry_run=flag_values.dry_run,
            repeat=flag_values.repeat,
        )

    @property
    def folder(self) -> Path:
        """Folder of the study's results."""
        return self.results / self.study.name

    def missing_runs(self) -> list[PlannedRun]:
        """Return the selected runs without a saved result."""
        return [r for r in self.runs if load_result(self.folder, r) is None]

    def runner_settings(
        self, workdirs: str | Path, jobs: int
    ) -> RunnerSettings:
        """Return the settings of a runner.

        Args:
            workdirs: Folder of the study's work directories.
            jobs: Number of runs at a time.

        Raises:
            ValueError: `data` is not a folder.
        """
        if self.data is None or not self.data.is_dir():
            raise ValueError(
                "Argument `data` must be the folder of the archives of images "
                "(see docs/guides/run_a_study.md). Received: "
                f"data={self.data}"
            )
        return RunnerSettings(Path(workdirs), self.out, self.data, jobs)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        argv: Command line without the program. None takes `sys.argv`.

    Returns:
        The exit code.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    names = [word for word in arguments if not word.startswith("-")]
    flag_values = parse(
        define_flags, __doc__ or "", [w for w in arguments if w.startswith("-")]
    )
    flag_of = {name: name for name in flag_values}
    with one_line_errors(flag_of):
        settings = StudySettings.from_flags(names, flag_values)
        if settings.dry_run:
            print(_describe_cost(settings))
            return 0
        workdirs = settings.out / settings.study.name
        runner_settings = settings.runner_settings(workdirs, settings.jobs)
        if settings.repeat:
            return _repeat(settings)
        missing = settings.missing_runs()
    try:
        with one_line_errors(flag_of):
            failed = Runner(runner_settings).run_all(
                missing, lambda run, result: _save(settings, run, result)
            )
            path = draw_study_page(settings.study, settings.results)
            print(f"page: {path}")
    except KeyboardInterrupt:
        print("stopped; run the same command to resume", file=sys.stderr)
        return 130
    return 1 if failed else 0


def _save(settings: StudySettings, run: PlannedRun, result: RunResult) -> None:
    path = save_result(settings.folder, run, result)
    metric, value = headline_metric(result["result"])
    print(f"{run.name}: {metric} {value:.4g} -> {path}", flush=True)


def _describe_cost(settings: StudySettings) -> str:
    """Return the estimated cost of each missing run, and their sum."""
    finished = [
        json.loads(path.read_text())
        for path in settings.results.glob("*/json/*/*.json")
    ]
    costs = estimate_costs(settings.missing_runs(), finished, settings.jobs)
    lines, hours, unknown = [], 0.0, 0
    for cost in costs:
        text = "a probe"
        if cost.images is not None:
            text = f"{cost.passes} passes over {cost.images:,} images"
        if cost.hours is None:
            unknown += 1
        else:
            hours += cost.hours
            text += f", {_format_hours(cost.hours)}"
        lines.append(f"{cost.name}: {text}")
    summary = (
        f"{settings.study.name}: {len(costs)} of {len(settings.runs)} runs "
        f"missing; {hours / settings.jobs:.1f} hours with "
        f"--jobs={settings.jobs}"
    )
    if unknown:
        summary += f", and {unknown} runs of unknown cost"
    return "\n".join([*lines, summary])


def _format_hours(hours: float) -> str:
    return f"{hours:,.0f} hours" if hours >= 2 else f"{60 * hours:.1f} minutes"


def _repeat(settings: StudySettings) -> int:
    """Repeat one run, compare the results, and return the exit code."""
    run = next((r for r in settings.runs if r.name == settings.repeat), None)
    saved = None if run is None else load_result(settings.folder, run)
    if run is None or saved is None:
        raise ValueError(
            "Argument `repeat` must be the name of a finished run in "
            f"{settings.folder}. Received: repeat={settings.repeat}"
        )
    results: list[RunResult] = []
    with tempfile.TemporaryDirectory() as workdirs:
        runner = Runner(settings.runner_settings(workdirs, saved["jobs"]))
        try:
            runner.run_all([run], lambda _, result: results.append(result))
        except KeyboardInterrupt:
            return 130
    if not results:
        return 1
    new, old = (_metrics(r["result"]) for r in (results[0], saved))
    verdict = "identical results" if new == old else "DIFFERENT results"
    print(f"{run.name}: {verdict}")
    print(json.dumps(new, indent=1))
    if new != old:
        print(json.dumps(old, indent=1))
    return int(new != old)


def _metrics(result: Mapping[str, Any]) -> list[Any]:
    """Return the metrics of a run, without times."""
    return [
        headline_metric(result),
        [
            {k: v for k, v in generation.items() if k != "seconds"}
            for generation in result.get("generations", ())
        ],
    ]


if __name__ == "__main__":
    sys.exit(main())
