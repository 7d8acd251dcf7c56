"""Add a section for each probe to a report."""

from __future__ import annotations

from collections.abc import Sequence

from seal_tf.probes.registry import PROBES
from seal_tf.probes.report_parts import (
    FigurePart,
    ImagePart,
    Paragraph,
    ReportPart,
    Subheading,
    Table,
)
from seal_tf.reports.document import Document
from seal_tf.reports.probe_results import ProbeResult, group_result
from seal_tf.reports.run_groups import RunGroup


def add_probe_sections(
    document: Document,
    results: Sequence[ProbeResult],
    groups: Sequence[RunGroup],
) -> None:
    """Add a section for every probe that has a result.

    Args:
        document: The report.
        results: The results.
        groups: The groups of runs in the report.
    """
    for name, probe in PROBES.items():
        of_probe = [result for result in results if result.probe == name]
        if not of_probe:
            continue
        # The answer of runs comes first; probes without runs are the answer.
        with document.folded(probe.title, is_open=not groups):
            grouped = [group_result(result, groups) for result in of_probe]
            for part in probe.report(grouped):
                _add_part(document, part)
            for protocol in dict.fromkeys(r.protocol for r in of_probe):
                document.add_note(f"Protocol: {protocol}.")


def _add_part(document: Document, part: ReportPart) -> None:
    match part:
        case Subheading(text):
            document.add_subheading(text)
        case Paragraph(text):
            document.add_text(text)
        case Table(rows, caption):
            document.add_table(rows, caption)
        case FigurePart(name, figure, caption, alt):
            document.add_figure(name, figure, caption, alt)
        case ImagePart(path, caption):
            document.add_image(path.name, path.read_bytes(), caption)
