"""Write the page of a study: `study.html`, and the data: `study.json`."""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seal_tf.reports import charts, figures, provenance, tables
from seal_tf.reports.comparison import Comparison
from seal_tf.reports.document import Document
from seal_tf.reports.run_groups import RunGroup, experiment_key
from seal_tf.reports.runs import read_run
from seal_tf.reports.series import Styles
from seal_tf.reports.verdict import describe_comparison
from seal_tf.study.answer import (
    answer_study,
    baseline_label,
    compare_finalists,
)
from seal_tf.study.figures import plot_trials
from seal_tf.study.more_seeds import count_more_seeds, describe_more_seeds
from seal_tf.study.settings import StudySettings
from seal_tf.study.worker import StudyResult
from seal_tf.utils import plot_style
from seal_tf.utils.files import write_json
from seal_tf.utils.statistics import format_percent


def write_study(settings: StudySettings, result: StudyResult) -> Path:
    """Write `study.html`, `study.md`, `study.json` and the figures.

    Args:
        settings: Settings of the study.
        result: Its result.

    Returns:
        Path of the HTML file.
    """
    comparisons = compare_finalists(result, settings.smallest_difference)
    answer = answer_study(result, comparisons)
    styles = _styles(result)
    document = Document(f"Which method helps? {settings.title}")
    document.add_answer(answer)
    if more := count_more_seeds(result, comparisons):
        document.add_text(describe_more_seeds(more, baseline_label(result)))
        document.add_command(_study_command(settings, more.seeds))
    groups = _groups(settings, result)
    _add_finals(document, result, comparisons, styles, groups)
    _add_tuning(document, settings, result, styles)
    if groups:
        _add_curves(document, styles, groups)
    _add_details(document, settings, result)
    write_json(
        settings.workdir / "study.json",
        _as_data(settings, result, comparisons, answer.headline),
    )
    return document.write(settings.workdir, "study", "study")


def _styles(result: StudyResult) -> Styles:
    """Return the line style of each candidate, by label."""
    names, candidates = list(result.candidates), result.candidates.values()
    # Candidates of normal training have a color each.
    methods = [
        name if (method := c.flags.get("method")) == "normal" else method
        for name, c in zip(names, candidates, strict=True)
    ]
    baseline = names.index(next(iter(result.scores)))
    styles = plot_style.method_styles(methods, baseline)
    return {c.label: s for c, s in zip(candidates, styles, strict=True)}


def _study_command(settings: StudySettings, seeds: int | None = None) -> str:
    words = [*settings.command]
    seeds = seeds or settings.limits.seeds
    if seeds:
        words.append(f"--seeds={seeds}")
    return f"python -m seal_tf.study {shlex.join(words)}"


def _groups(settings: StudySettings, result: StudyResult) -> list[RunGroup]:
    """Return the finalists' runs whose files are on this machine."""
    if not settings.program.writes_summaries:
        return []
    groups = []
    for name in result.scores:
        runs = tuple(
            read_run(path)
            for (finalist, _), path in result.run_folders.items()
            if finalist == name
        )
        if runs:
            key = experiment_key(runs[0].summary)
            groups.append(RunGroup(result.candidates[name].label, key, runs))
    return groups


def _add_finals(
    document: Document,
    result: StudyResult,
    comparisons: Mapping[str, Comparison],
    styles: Styles,
    groups: Sequence[RunGroup],
) -> None:
    document.add_heading("Test accuracy of the finalists")
    text = "Mean ± standard deviation over seeds"
    if groups:
        images = groups[0].runs[0].summary["validation_images"]
        text += f", on {images:,} test images"
    document.add_table(_final_table(result, comparisons), f"{text}.")
    if comparisons:
        document.add_figure(
            "differences",
            figures.plot_differences(list(comparisons.values()), styles),
            f"Test accuracy minus that of {baseline_label(result)}, paired by "
            "seed.",
            " ".join(describe_comparison(c) for c in comparisons.values()),
        )


def _final_table(
    result: StudyResult, comparisons: Mapping[str, Comparison]
) -> list[list[str]]:
    differences = {}
    if comparisons:
        for row, name in zip(
            tables.difference_table(list(comparisons.values()))[1:],
            comparisons,
            strict=True,
        ):
            differences[name] = row[2:]
    header = ["finalist", "seeds", "test accuracy (%)"]
    rows = [[*header, f"minus {baseline_label(result)}", "verdict"]]
    for name, scores in result.scores.items():
        rows.append(
            [
                result.candidates[name].label,
                str(len(scores)),
                format_percent(scores.values(), 1) if scores else "failed",
                *differences.get(name, ["", ""]),
            ]
        )
    return rows


def _add_tuning(
    document: Document,
    settings: StudySettings,
    result: StudyResult,
    styles: Styles,
) -> None:
    document.add_heading("Settings, chosen on held-out training images")
    rows = [["candidate", "trials", "held-out accuracy (%)", "best settings"]]
    for name, candidate in result.candidates.items():
        tuned = result.tuned.get(name)
        rows.append(
            [
                candidate.label,
                _count_trials(result.trials, name),
                "failed" if tuned is None else f"{100 * tuned.score:.1f}",
                ""
                if tuned is None
                else _tuned_text(settings, result, name, tuned.values),
            ]
        )
    document.add_table(
        rows,
        f"Each run has {result.plan.epochs} epochs, or fewer where an epoch "
        "costs more. One seed for each trial: the differences between "
        "candidates here choose the finalists, and prove nothing.",
    )
    labels = {name: c.label for name, c in result.candidates.items()}
    figure = plot_trials(result.trials, labels, styles)
    if figure is not None:
        text = "Held-out accuracy of every trial."
        if any(trial["state"] == "pruned" for trial in result.trials):
            text += (
                " Hollow: stopped early, because other trials of the "
                "candidate were better at that epoch."
            )
        document.add_figure("trials", figure, text)


def _tuned_text(
    settings: StudySettings,
    result: StudyResult,
    name: str,
    values: Mapping[str, Any],
) -> str:
    """Return the tuned flags of a trial, as they were trained."""
    flags = result.candidates[name].tuned_flags(
        values, result.plan.epochs, settings.learning_rate
    )
    return ", ".join(f"{n}={_format_value(v)}" for n, v in flags.items())


def _count_trials(trials: Sequence[Mapping[str, Any]], name: str) -> str:
    """Return the number of a candidate's trials, as "4, 1 failed"."""
    errors = [t["error"] for t in trials if t["candidate"] == name]
    failed = sum(error is not None for error in errors)
    return f"{len(errors)}, {failed} failed" if failed else str(len(errors))


def _format_value(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _add_curves(
    document: Document, styles: Styles, groups: Sequence[RunGroup]
) -> None:
    with document.folded("Curves of the finalists"):
        document.add_figure(
            "epochs",
            figures.plot_epochs(groups, styles),
            "Accuracy on the test images by epoch; no choice was made by it. "
            "Thick lines: means over seeds; shaded: ascent of the early "
            "layers.",
            chart=charts.chart_epochs(groups, styles),
        )
        document.add_table(provenance.run_table(groups))
        document.add_note(provenance.describe_versions(groups))


def _add_details(
    document: Document, settings: StudySettings, result: StudyResult
) -> None:
    with document.folded("Plan and command of the study"):
        time = result.plan.time
        labels = [c.label for c in result.candidates.values()]
        used = time.describe(result.used)
        document.add_list(
            [*result.plan.facts(labels), ("used by the trials", used)]
        )
        document.add_command(_study_command(settings))
    with document.folded(f"All {len(result.trials)} trials"):
        rows = [["candidate", "trial", "held-out accuracy (%)", "settings"]]
        for trial in result.trials:
            name = trial["candidate"]
            rows.append(
                [
                    result.candidates[name].label,
                    str(trial["number"]),
                    _trial_outcome(trial),
                    trial["error"]
                    or _tuned_text(settings, result, name, trial["values"]),
                ]
            )
        document.add_table(rows)
    if result.commands:
        with document.folded("Commands of the final runs"):
            document.add_command("\n\n".join(result.commands.values()))


def _trial_outcome(trial: Mapping[str, Any]) -> str:
    if trial["score"] is None:
        return {"fail": "failed"}.get(trial["state"], trial["state"])
    text = f"{100 * trial['score']:.1f}"
    return f"{text} (stopped early)" if trial["state"] == "pruned" else text


def _as_data(
    settings: StudySettings,
    result: StudyResult,
    comparisons: Mapping[str, Comparison],
    headline: str,
) -> dict[str, Any]:
    return {
        "title": settings.title,
        "answer": headline,
        "labels": {n: c.label for n, c in result.candidates.items()},
        "smallest_difference": settings.smallest_difference,
        "command": _study_command(settings),
        "plan": dataclasses.asdict(result.plan),
        "used": round(result.used, 1),
        "tuned": {n: dataclasses.asdict(t) for n, t in result.tuned.items()},
        "test_accuracy": result.scores,
        "differences": {
            name: {
                "points_by_seed": comparison.differences,
                "mean": comparison.mean,
                "interval": comparison.interval,
                "verdict": comparison.verdict,
            }
            for name, comparison in comparisons.items()
        },
        "failures": result.failures,
        "commands": {
            f"{name}-seed{seed}": command
            for (name, seed), command in result.commands.items()
        },
        "trials": result.trials,
    }
