"""Write the page of a study: `study.html`, and the data: `study.json`."""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seal_tf.reports import charts, figures, provenance, tables
from seal_tf.reports.comparison import Comparison
from seal_tf.reports.document import Document
from seal_tf.reports.run_groups import RunGroup, experiment_key
from seal_tf.reports.runs import read_run
from seal_tf.reports.series import Styles
from seal_tf.study.answer import (
    answer_study,
    baseline_label,
    compare_finalists,
    more_seeds_text,
)
from seal_tf.study.figures import plot_trials
from seal_tf.study.settings import StudySettings
from seal_tf.study.worker import StudyResult
from seal_tf.utils import plot_style
from seal_tf.utils.files import write_json
from seal_tf.utils.statistics import format_mean


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
    document = Document(f"What helps on {settings.title}?")
    document.add_answer(answer)
    _add_more_seeds(document, settings, comparisons)
    _add_finals(document, result, comparisons, styles)
    _add_tuning(document, result, styles)
    _add_details(document, settings, result)
    write_json(
        settings.workdir / "study.json",
        _as_data(settings, result, comparisons, answer.headline),
    )
    return document.write(settings.workdir, "study", "study")


def _styles(result: StudyResult) -> Styles:
    """Return the line style of each candidate, by label."""
    candidates = list(result.candidates.values())
    methods = [str(c.flags.get("method", c.name)) for c in candidates]
    styles = plot_style.method_styles(methods, 0)
    by_label = {
        c.label: style for c, style in zip(candidates, styles, strict=True)
    }
    return {**by_label, baseline_label(result): styles[0]}


def _study_command(settings: StudySettings, seeds: int | None = None) -> str:
    words = [*settings.command]
    seeds = seeds or settings.limits.seeds
    if seeds:
        words.append(f"--seeds={seeds}")
    return f"python -m seal_tf.study {shlex.join(words)}"


def _add_more_seeds(
    document: Document,
    settings: StudySettings,
    comparisons: Mapping[str, Comparison],
) -> None:
    text, seeds = more_seeds_text(dict(comparisons))
    if text:
        document.add_text(text)
        document.add_preformatted(_study_command(settings, seeds))


def _add_finals(
    document: Document,
    result: StudyResult,
    comparisons: Mapping[str, Comparison],
    styles: Styles,
) -> None:
    document.add_heading("Finalists on the test images")
    document.add_table(_final_table(result, comparisons))
    if comparisons:
        document.add_figure(
            "differences",
            figures.plot_differences(list(comparisons.values()), styles),
            f"Test accuracy minus that of {baseline_label(result)}, paired by "
            "seed.",
        )
    groups = _groups(result)
    if not groups:
        return
    with document.folded("Curves of the finalists"):
        text = (
            "Accuracy on the test images by epoch; no choice was made by it. "
            "Thick lines: means over seeds; shaded: ascent of the early layers."
        )
        document.add_figure(
            "epochs",
            figures.plot_epochs(groups, styles),
            text,
            chart=charts.chart_epochs(groups, styles),
        )
        document.add_table(provenance.run_table(groups))
        document.add_note(provenance.describe_versions(groups))


def _groups(result: StudyResult) -> list[RunGroup]:
    """Return the finalists' runs whose files are on this machine."""
    groups = []
    for name in result.scores:
        runs = tuple(
            read_run(path)
            for (finalist, _), path in result.run_folders.items()
            if finalist == name
        )
        if runs:
            key = experiment_key(runs[0].summary["flags"])
            groups.append(RunGroup(result.candidates[name].label, key, runs))
    return groups


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
    header = ["candidate", "seeds", "test accuracy (%)"]
    rows = [[*header, f"minus {baseline_label(result)}", "verdict"]]
    for name, scores in result.scores.items():
        percents = [100 * score for score in scores.values()]
        rows.append(
            [
                result.candidates[name].label,
                str(len(percents)),
                format_mean(percents) if percents else "failed",
                *differences.get(name, ["", ""]),
            ]
        )
    return rows


def _add_tuning(
    document: Document, result: StudyResult, styles: Styles
) -> None:
    document.add_heading("Settings, chosen on held-out training images")
    rows = [["candidate", "trials", "best held-out accuracy (%)", "settings"]]
    for name, candidate in result.candidates.items():
        count = sum(t["candidate"] == name for t in result.trials)
        tuned = result.tuned.get(name)
        settings = ""
        if tuned is not None:
            settings = ", ".join(
                f"{flag} {_format_value(value)}"
                + (f" x {candidate.search[flag].unit}".rstrip(" x"))
                if flag in candidate.search
                else f"{flag} {_format_value(value)}"
                for flag, value in tuned.values.items()
            )
        rows.append(
            [
                candidate.label,
                str(count),
                "failed" if tuned is None else f"{100 * tuned.score:.1f}",
                settings,
            ]
        )
    document.add_table(
        rows,
        "One seed for each trial: differences between candidates here choose "
        "the finalists, and prove nothing.",
    )
    for name, error in result.failures.items():
        document.add_text(f"{result.candidates[name].label} failed: {error}")
    labels = {name: c.label for name, c in result.candidates.items()}
    figure = plot_trials(result.trials, labels, styles)
    if figure is not None:
        document.add_figure(
            "trials", figure, "Held-out accuracy of every trial."
        )


def _format_value(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _add_details(
    document: Document, settings: StudySettings, result: StudyResult
) -> None:
    with document.folded("Plan, commands and all trials"):
        labels = [c.label for c in result.candidates.values()]
        document.add_preformatted(
            f"{result.plan.describe(labels)}\n"
            f"used for trials: {result.plan.time.describe(result.used)}"
        )
        document.add_preformatted(_study_command(settings))
        rows = [["candidate", "trial", "accuracy (%)", "command"]]
        for trial in result.trials:
            score = trial["score"]
            rows.append(
                [
                    result.candidates[trial["candidate"]].label,
                    str(trial["number"]),
                    trial["state"] if score is None else f"{100 * score:.1f}",
                    trial["command"] or "",
                ]
            )
        for (name, seed), command in result.commands.items():
            score = 100 * result.scores[name][seed]
            label = result.candidates[name].label
            rows.append([label, f"seed {seed}", f"{score:.1f}", command])
        document.add_table(rows)


def _as_data(
    settings: StudySettings,
    result: StudyResult,
    comparisons: Mapping[str, Comparison],
    headline: str,
) -> dict[str, Any]:
    return {
        "answer": headline,
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
