"""Draws all that is shown of the studies anew: python -m studies.pages

From the JSON in docs/results: each study's page and figures; and, in README,
docs/results.md and the method cards, the tables between
`<!-- studies.pages STUDY/WHERE -->` (`<!-- studies.left -->`) and
`<!-- end -->`.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from seal_tf.utils.files import write_text
from seal_tf.report import tables
from seal_tf.report.groups import paired
from studies import compare, left, page, study

RESULTS = Path("docs/results")
_TABLE = re.compile(
    r"(<!-- studies\.pages (\w+)/(\w+)((?: \w+)*) -->\n).*?(<!-- end -->)",
    re.S,
)
_LEFT = re.compile(r"(<!-- studies\.left -->\n).*?(<!-- end -->)", re.S)


def main() -> int:
    for name in study.names():
        if (RESULTS / name / "json").exists():
            print(page.draw(study.read(name), RESULTS))
    for path in shown():
        text = path.read_text()
        if (drawn := with_tables(text)) != text:
            write_text(path, drawn)
            print(path)
    return 0


def shown() -> list[Path]:
    """Pages that show tables of studies."""
    return [
        path
        for path in (Path("README.md"), *sorted(Path("docs").rglob("*.md")))
        if _TABLE.search(path.read_text())
    ]


def with_tables(text: str) -> str:
    """A page's text, its tables drawn anew."""
    text = _LEFT.sub(lambda m: m[1] + left.table(RESULTS) + m[2], text)
    return _TABLE.sub(
        lambda m: m[1] + verdicts(m[2], m[3], m[4].split()) + m[5], text
    )


def verdicts(name: str, where: str, methods=()) -> str:
    """A table: each method, what it gave, and whether that is a gain.

    Args:
        name: Of the study.
        where: Of the images.
        methods: Only these; none: all.
    """
    planned = study.read(name)
    found = page.read(RESULTS / name, planned)
    rows = compare.rows(planned, found, where)
    base = planned.bases[0]
    theirs = next((r.found for r in rows if r.method == base), None)
    if theirs is None:
        return ""
    number = compare.name_of(found, where)
    label = planned.methods[base]
    lines = [["method", "seeds", number, f"minus {label}", "verdict"]]
    for row in rows:
        if methods and row.method.split()[0] not in methods:
            continue
        lines.append(
            [
                row.label,
                str(len(row.found)),
                row.said(),
                row.less.get(base, ""),
                ""
                if row.method == base
                else verdict(paired(row.found, theirs)),
            ]
        )
    return tables.markdown(lines)


def verdict(difference) -> str:
    """In words, from a paired difference and half of its 95 % interval."""
    if difference is None or difference[1] is None:
        return "too few seeds"
    mean, half = difference
    if mean - half > 0:
        return "higher"
    return "lower" if mean + half < 0 else "no difference seen"


if __name__ == "__main__":
    sys.exit(main())
