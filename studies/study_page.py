"""Draw the page of a study from the JSON of its runs alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from seal_tf.reports.figures import plot_differences
from seal_tf.reports.markdown import format_table
from seal_tf.reports.verdict import describe_comparison
from seal_tf.utils import plot_style
from seal_tf.utils.files import write_bytes, write_text
from seal_tf.utils.statistics import format_mean
from studies import comparison, figures
from studies.comparison import MethodResult
from studies.forgotten_accuracy import forgetting_table
from studies.results import Results, load_results, results_by_method
from studies.settings_table import (
    best_accuracy,
    settings_table,
    training_accuracy,
    validation_accuracy,
)
from studies.study import Study


def draw_study_page(study: Study, results_dir: str | Path) -> Path:
    """Draw `RESULTS/STUDY/README.md` and its figures.

    Args:
        study: The study.
        results_dir: Folder of the results of all studies.

    Returns:
        The page.

    Raises:
        ValueError: A result has other flags than the study.
    """
    folder = Path(results_dir) / study.name
    results = load_results(folder, study)
    parts = [
        f"# {study.title}",
        study.question.strip(),
        *_stated_before(study),
        _provenance(study, results),
    ]
    if len({setting for setting, *_ in results}) > 1:
        figure = figures.draw_overview(
            study, comparison.mean_differences(study, results)
        )
        write_bytes(folder / "overview.png", plot_style.to_png(figure))
        parts.append("![differences to the first baseline](overview.png)")
        parts += _settings_tables(study, results)
    for setting in study.settings:
        parts += _setting_section(study, results, setting, folder)
    path = folder / "README.md"
    write_text(path, "\n\n".join(part.rstrip() for part in parts) + "\n")
    return path


def _settings_tables(study: Study, results: Results) -> list[str]:
    """Return tables of the accuracies by method and setting, with titles."""
    parts = []
    for title, metric in (
        ("Validation accuracy (%), last epoch", validation_accuracy),
        ("Training accuracy (%) of the last epoch", training_accuracy),
    ):
        rows = settings_table(study, results, metric)
        if len(rows) > 1:
            parts += [f"{title}, by setting:", format_table(rows)]
    return parts


def _stated_before(study: Study) -> list[str]:
    """Return what was written before the first run."""
    texts = {"What decides": study.gate, "Cost": study.cost}
    return [
        f"**{name}** (written before the first run). {text.strip()}"
        for name, text in texts.items()
        if text
    ]


def _setting_section(
    study: Study, results: Results, setting: str, folder: Path
) -> list[str]:
    """Draw the figures of a setting, and return the parts of its section."""
    rows = comparison.compare_methods(study, results, setting)
    if not rows:
        return []
    label = study.settings[setting]
    metric = comparison.metric_name(results, setting)
    parts = [f"## {label}", format_table(_method_table(study, rows, metric))]
    figure = figures.draw_methods(study, rows, label, metric)
    write_bytes(folder / f"{setting}.png", plot_style.to_png(figure))
    parts.append(f"![{label}]({setting}.png)")
    comparisons = comparison.compare_with_baseline(study, rows)
    if comparisons and metric.endswith("(%)"):
        differences = plot_differences(
            comparisons, figures.row_styles(study, rows)
        )
        file = f"{setting}_differences.svg"
        write_text(folder / file, plot_style.to_svg(differences))
        text = " ".join(map(describe_comparison, comparisons))
        parts.append(f"![{text}]({file})")
    epochs = _epoch_table(study, results, setting)
    if len(epochs) > 1:
        parts.append(format_table(epochs))
    curves = figures.draw_curves(study, results, setting, rows)
    if curves is not None:
        file = f"{setting}_epochs.png"
        write_bytes(folder / file, plot_style.to_png(curves))
        parts.append(f"![accuracy by epoch, {label}]({file})")
    accuracies = comparison.generation_accuracies(study, results, setting)
    if accuracies:
        parts.append(format_table(_generation_table(accuracies)))
    forgetting = forgetting_table(study, results, setting)
    if len(forgetting) > 1:
        parts.append(format_table(forgetting))
    retention = figures.draw_retention(study, results, setting)
    if retention is not None:
        file = f"{setting}_retention.png"
        write_bytes(folder / file, plot_style.to_png(retention))
        parts.append(f"![retained training accuracy and S, {label}]({file})")
    return parts


def _provenance(study: Study, results: Results) -> str:
    """Return the command, the time, the machines and the versions."""
    seconds = sum(r["result"].get("seconds", 0) for r in results.values())
    dates = sorted({r["date"] for r in results.values()}) or ["-"]
    machines = sorted({r["machine"] for r in results.values()})
    versions = sorted(
        {
            f"TensorFlow {r['result']['versions']['tensorflow']}, Keras "
            f"{r['result']['versions']['keras']}"
            for r in results.values()
            if "versions" in r["result"]
        }
    )
    command = f"python -m studies.run {study.name} --data=DATA"
    return (
        f"`{command}` ({len(results)} of {len(study.runs)} runs finished, "
        f"{seconds / 3600:.1f} hours of training, several runs at a time on "
        f"{' and '.join(machines)}, {dates[0]} to {dates[-1]}, "
        f"{' and '.join(versions)}). The files in `json/` contain the command "
        f"and the results of each run. `{command} --repeat=RUN` repeats a run "
        "and compares its results."
    )


def _epoch_table(
    study: Study, results: Results, setting: str
) -> list[list[str]]:
    """Return the rows that tell the last epoch from the best one."""
    rows = [
        [
            "method",
            "validation accuracy (%), last epoch",
            "best epoch, chosen by the same images",
            "training accuracy (%), last epoch",
        ]
    ]
    for method, records in results_by_method(study, results, setting).items():
        own = [r["result"] for r in records if "best" in r["result"]]
        if own:
            metrics = (validation_accuracy, best_accuracy, training_accuracy)
            cells = [format_mean(map(metric, own)) for metric in metrics]
            rows.append([study.methods[method], *cells])
    return rows


def _generation_table(
    accuracies: Mapping[str, Sequence[Sequence[float]]],
) -> list[list[str]]:
    """Return the rows of accuracies after each generation."""
    count = max(map(len, accuracies.values()))
    rows = [["after generation", *(str(g + 1) for g in range(count))]]
    for label, generations in accuracies.items():
        cells = [format_mean(values) for values in generations]
        rows.append([label, *cells, *[""] * (count - len(cells))])
    return rows


def _method_table(
    study: Study, rows: Sequence[MethodResult], metric: str
) -> list[list[str]]:
    """Return the rows of the comparison of methods."""
    held_out = any(row.published_split for row in rows)
    ascends = any(row.ascent_accuracies for row in rows)
    header = ["method", "seeds", metric]
    if held_out:
        header[2] += ", held-out training images"
        header.append("accuracy on the published validation split (%)")
    if ascends:
        header.append("training accuracy at the end of the last ascent (%)")
    header += [f"minus {study.methods[name]}" for name in study.baselines]
    table = [header]
    for row in rows:
        cells = [row.label, str(len(row.values)), row.format_values()]
        if held_out:
            cells.append(_format_optional(row.published_split))
        if ascends:
            cells.append(_format_optional(row.ascent_accuracies))
        cells += [row.differences.get(name, "") for name in study.baselines]
        table.append(cells)
    return table


def _format_optional(values: Mapping[int, float]) -> str:
    return format_mean(values.values()) if values else ""
