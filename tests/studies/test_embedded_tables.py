"""Tests of the tables in README.md and docs."""

from __future__ import annotations

import pytest

from studies import embedded_tables
from studies.results import load_results
from studies.study import load_study, study_names


def test_pages_show_the_numbers_of_the_json_files() -> None:
    """If this fails: make docs-results"""
    paths = embedded_tables.pages_with_tables()
    assert paths
    for path in paths:
        text = path.read_text()
        assert embedded_tables.update_tables(text) == text, path
    for name in study_names():
        folder = embedded_tables.RESULTS_DIR / name
        if (folder / "json").exists():
            results = load_results(folder, load_study(name))
            text = (folder / "README.md").read_text()
            assert f"({len(results)} of " in text


@pytest.mark.parametrize(
    "marker",
    [
        "<!-- studies.finals_table a b",
        "<!-- studies.finals_table A|B -->\n<!-- end -->",
        "<!-- studies.finals_table a -->\nno end",
        "<!-- studies.other a -->\n<!-- end -->",
    ],
)
def test_update_tables_with_a_wrong_marker_raises(marker: str) -> None:
    with pytest.raises(ValueError, match="marker must be .*<!-- studies"):
        embedded_tables.update_tables(f"text\n{marker}\n")


def test_update_tables_accepts_names_with_signs() -> None:
    text = (
        "<!-- studies.embedded_tables tuned_choose/l2_5e-4 long -->\n"
        "<!-- end -->\n"
    )
    assert "| one long cosine |" in embedded_tables.update_tables(text)


def test_method_table_contains_the_named_methods_only() -> None:
    table = embedded_tables.method_table(
        "methods", "tiny20x200_32", ["long", "seal_auto"]
    )
    labels = [row.split(" | ")[0] for row in table.splitlines()[2:]]
    assert labels == [
        "| one long cosine",
        "| SEAL, searched S (retain 0.5)",
        "| SEAL, searched S (retain 0.5), ensemble",
    ]


@pytest.mark.parametrize(
    ("difference", "expected"),
    [
        (None, "too few seeds"),
        ((3.0, None), "too few seeds"),
        ((3.0, 2.9), "higher"),
        ((-3.0, 2.9), "lower"),
        ((-3.0, 3.1), "cannot tell"),
        ((0.5, 1.5), "less than 2 points"),
        ((-0.5, 1.6), "cannot tell"),
    ],
)
def test_verdict_is_that_of_the_interval(
    difference: tuple[float, float | None] | None, expected: str
) -> None:
    assert embedded_tables.verdict(difference) == expected


def test_verdict_on_a_depth_has_no_smallest_difference() -> None:
    assert embedded_tables.verdict((0.1, 0.2), False) == "cannot tell"
    assert embedded_tables.verdict((0.3, 0.2), False) == "higher"
