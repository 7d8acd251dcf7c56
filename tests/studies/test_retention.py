"""Tests of the retained accuracy over all studies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from studies import retention
from tests.studies.samples import measurements


def _save(folder: Path, name: str, samples: list[dict], **flags: Any) -> None:
    settings = {
        **{"method": "seal", "ascent_scale": "auto", "arch": "small"},
        "l2": 5e-4,
    }
    result = {
        "flags": settings | {"retain": 0.5} | flags,
        "scale_measurements": samples,
    }
    path = folder / "study" / "json" / "setting" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"result": result}))


def test_retention_table_groups_plain_runs_by_target_l2_and_network(
    tmp_path: Path,
) -> None:
    _save(tmp_path, "a", measurements(0.2, 0.45))
    _save(tmp_path, "b", measurements(0.7))
    _save(
        tmp_path,
        "c",
        measurements(0.198),
        retain=0.3,
        seal_freeze_others=False,
    )
    _save(tmp_path, "noise", measurements(0.45), l2=0.002, label_noise=0.6)
    _save(tmp_path, "not learned", measurements(0.2), l2=0.025)
    # Runs with another change, or with another forgetting method.
    _save(tmp_path, "d", measurements(0.3), seal_freeze_others=True)
    _save(tmp_path, "e", measurements(0.3), method="llf+seal")
    _save(tmp_path, "f", measurements(0.3), ascent_scale=0.01)
    rows = retention.retention_table(tmp_path).strip().splitlines()[2:]
    assert [[c.strip() for c in row.split("|")[1:-1]] for row in rows] == [
        [
            *("0.3", "0.0005", "none", "small", "1"),
            *("0.00", "0.00 to 0.00", "0.00", "0.00", "0.01"),
        ],
        [
            *("0.5", "0.0005", "none", "small", "3"),
            *("0.00", "0.25 to 0.75", "0.50", "1.00", "0.01"),
        ],
        [
            *("0.5", "0.002", "60%", "small", "1"),
            *("0.50", "0.50 to 0.50", "0.50", "0.50", "0.01"),
        ],
    ]


def test_split_ascents_groups_consecutive_epochs() -> None:
    samples = [{"epoch": epoch} for epoch in (3, 3, 4, 9, 10)]
    ascents = retention.split_ascents(samples)
    assert [[m["epoch"] for m in a] for a in ascents] == [[3, 3, 4], [9, 10]]


def test_retained_fraction_at_chance_is_zero() -> None:
    first = {"accuracy": 0.2, "chance": 0.2}
    assert retention.retained_fraction(first, first) == 0.0
