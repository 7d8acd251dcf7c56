"""Draw all pages and tables of the studies again.

  python -m studies.embedded_tables

From the JSON in docs/results, the command draws the page and the figures of
each study, and in README.md and docs/ the tables between
`<!-- studies.embedded_tables STUDY/SETTING METHOD … -->` (without methods:
all methods), `<!-- studies.settings_table STUDY -->` (validation accuracy by
method and setting), `<!-- studies.finals_table FOLDER … -->` (finalists of
`python -m seal_tf.study`), `<!-- studies.probes_table FOLDER … -->` (probes of
these finalists) or `<!-- studies.retention -->`, and `<!-- end -->`.
The finalists of all such studies are in `docs/results/finals.svg`, too.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection
from pathlib import Path

from seal_tf.reports.comparison import SMALLEST_DIFFERENCE
from seal_tf.reports.markdown import format_table
from seal_tf.reports.run_groups import paired_difference
from seal_tf.utils import plot_style
from seal_tf.utils.files import write_text
from studies import comparison
from studies.finals_figure import finals_figure
from studies.finals_table import finals_table
from studies.probes_table import probes_table
from studies.results import load_results
from studies.retention import retention_table
from studies.settings_table import settings_table, validation_accuracy
from studies.study import load_study, study_names
from studies.study_page import draw_study_page

RESULTS_DIR = Path("docs/results")
#: Start of a line that marks a table.
_START = "<!-- studies."
_MARKER = re.compile(
    r"^(<!-- studies\.(?P<kind>\w+)(?P<words>(?: [\w./-]+)*) -->\n)"
    r".*?^(<!-- end -->)$",
    re.S | re.M,
)


def main() -> int:
    """Run the command."""
    for name in study_names():
        if (RESULTS_DIR / name / "json").exists():
            print(draw_study_page(load_study(name), RESULTS_DIR))
    if (path := draw_finals()) is not None:
        print(path)
    for path in pages_with_tables():
        text = path.read_text()
        updated = update_tables(text)
        if updated != text:
            write_text(path, updated)
            print(path)
    return 0


def draw_finals() -> Path | None:
    """Draw the finalists of all studies by `python -m seal_tf.study`.

    Returns:
        Path of the figure; None without a finalist.
    """
    folders = sorted(p.parent for p in RESULTS_DIR.glob("*/study.json"))
    figure = finals_figure(folders)
    if figure is None:
        return None
    path = RESULTS_DIR / "finals.svg"
    write_text(path, plot_style.to_svg(figure))
    return path


def pages_with_tables() -> list[Path]:
    """Return the Markdown files with tables of studies."""
    paths = (Path("README.md"), *sorted(Path("docs").rglob("*.md")))
    return [path for path in paths if _has_marker(path.read_text())]


def _has_marker(text: str) -> bool:
    return f"\n{_START}" in f"\n{text}"


def update_tables(text: str) -> str:
    """Return the text of a page with its tables drawn again.

    Raises:
        ValueError: A marker has no end, or no such table exists.
    """
    rest = _MARKER.sub("", text)
    if _has_marker(rest):
        wrong = next(
            line for line in rest.split("\n") if line.startswith(_START)
        )
        raise ValueError(
            "a marker must be a line like <!-- studies.KIND WORD … -->, "
            f"followed by a line <!-- end -->. Received: {wrong}"
        )
    return _MARKER.sub(lambda m: m[1] + _table(m) + m[4], text)


def _table(marker: re.Match[str]) -> str:
    kind, words = marker["kind"], marker["words"].split()
    if kind == "retention":
        return retention_table(RESULTS_DIR)
    if kind == "settings_table":
        return accuracy_by_setting(*words)
    if kind == "finals_table":
        return format_table(finals_table([RESULTS_DIR / w for w in words]))
    if kind == "probes_table":
        return format_table(probes_table([RESULTS_DIR / w for w in words]))
    if kind == "embedded_tables":
        name, setting = words[0].split("/")
        return method_table(name, setting, words[1:])
    raise ValueError(
        "the table of a marker must be embedded_tables, finals_table, "
        "probes_table, retention or settings_table. Received: "
        f"<!-- studies.{kind}"
    )


def accuracy_by_setting(name: str) -> str:
    """Return a table of the validation accuracy by method and setting.

    Args:
        name: Name of the study.
    """
    study = load_study(name)
    results = load_results(RESULTS_DIR / name, study)
    return format_table(settings_table(study, results, validation_accuracy))


def method_table(name: str, setting: str, methods: Collection[str] = ()) -> str:
    """Return a table of methods with the verdict on each difference.

    Args:
        name: Name of the study.
        setting: Name of the setting.
        methods: The methods of the table; empty for all.

    Returns:
        The Markdown table; empty without a result of the first baseline.
    """
    study = load_study(name)
    results = load_results(RESULTS_DIR / name, study)
    rows = comparison.compare_methods(study, results, setting)
    baseline = study.baselines[0]
    base_values = next((r.values for r in rows if r.method == baseline), None)
    if base_values is None:
        return ""
    metric = comparison.metric_name(results, setting)
    label = study.methods[baseline]
    table = [["method", "seeds", metric, f"minus {label}", "verdict"]]
    for row in rows:
        if methods and row.method.split()[0] not in methods:
            continue
        is_baseline = row.method == baseline
        table.append(
            [
                row.label,
                str(len(row.values)),
                row.format_values(),
                row.differences.get(baseline, ""),
                ""
                if is_baseline
                else verdict(
                    paired_difference(row.values, base_values),
                    metric.endswith("(%)"),
                ),
            ]
        )
    return format_table(table)


def verdict(
    difference: tuple[float, float | None] | None, is_percent: bool = True
) -> str:
    """Return the verdict on a difference in words.

    Args:
        difference: (mean, margin of its 95 % interval) as from
            `paired_difference`.
        is_percent: Whether it is in percentage points, of which some are too
            few to matter; see `seal_tf.reports.comparison`.
    """
    mean, margin = difference or (0.0, None)
    if margin is None:
        return "too few seeds"
    if mean - margin > 0:
        return "higher"
    if mean + margin < 0:
        return "lower"
    if is_percent and abs(mean) + margin <= SMALLEST_DIFFERENCE:
        return f"less than {SMALLEST_DIFFERENCE:g} points"
    return "cannot tell"


if __name__ == "__main__":
    sys.exit(main())
