"""What a page says of probes: a section a probe."""

from __future__ import annotations

from seal_tf.report import (
    depth_figures,
    probe_tables,
    published,
    transfer_figures,
)
from seal_tf.report.groups import mean_and_deviation
from seal_tf.report.probe_results import by_group, merged_depths


def add(page, results, groups) -> None:
    """Adds a section for every probe that was run.

    Args:
        page: The `Page`.
        results: `Result`s.
        groups: The page's `Group`s.
    """
    for probe, section in (
        ("prediction_depth", _depth),
        ("linear", _linear),
        ("few_shot", _few_shot),
        ("ensemble", _one_table),
        ("sharpness", _one_table),
    ):
        mine = [r for r in results if r.probe == probe]
        if mine:
            page.heading(_TITLES[probe])
            for protocol in dict.fromkeys(r.protocol for r in mine):
                page.text(f"Protocol: {protocol}.")
            section(page, mine, groups)


_TITLES = {
    "prediction_depth": "Prediction depth",
    "linear": "Linear probe",
    "few_shot": "Few-shot transfer",
    "ensemble": "Ensembles of snapshots",
    "sharpness": "Sharpness",
}


def _depth(page, results, groups):
    for i, result in enumerate(results):
        entries = by_group(result, groups)
        taps = {tuple(e[0]["results"]["taps"]) for e in entries.values()}
        page.subheading(result.data["label"])
        page.table(probe_tables.depth(result, groups))
        if len(taps) > 1:
            page.text("Networks of different taps are not drawn together.")
            continue
        merged = [merged_depths(name, e) for name, e in entries.items()]
        for name, drawn, caption in depth_figures.all_of(merged):
            suffix = f"_{i}" if len(results) > 1 else ""
            page.figure(name + suffix, drawn, caption)


def _linear(page, results, groups):
    _transfer_table(page, probe_tables.linear(results, groups))
    columns = {
        r.data["label"]: {
            name: _point(
                [e["results"]["top1"] for e in entries],
                entries[0]["results"]["interval"],
            )
            for name, entries in by_group(r, groups).items()
        }
        for r in results
    }
    page.figure(
        "linear",
        transfer_figures.points(columns, "linear probe, top-1 (%)"),
        "Linear probe; bars: 95 % interval over test images, or standard "
        "deviation over seeds where there are several.",
    )


def _few_shot(page, results, groups):
    for line in dict.fromkeys(
        f"{r.data['label']}: {line}" for r in results for line in r.left_out
    ):
        page.text(line)
    for i, setting in enumerate(probe_tables.settings(results)):
        page.subheading(setting)
        _transfer_table(page, probe_tables.few_shot(results, groups, setting))
        columns = {}
        for r in results:
            for name, entries in by_group(r, groups).items():
                found = [
                    f
                    for e in entries
                    for f in e["results"]["few"]
                    if f["setting"] == setting
                ]
                if found:
                    half = found[0]["half_interval"] or 0
                    value = found[0]["mean"]
                    columns.setdefault(r.data["label"], {})[name] = _point(
                        [f["mean"] for f in found],
                        (value - half, value + half),
                    )
        page.figure(
            f"few_shot_{i}",
            transfer_figures.points(columns, f"{setting} accuracy (%)"),
            f"{setting}; bars: 95 % interval over episodes, or standard "
            "deviation over seeds where there are several.",
        )


def _transfer_table(page, rows):
    said = (
        "One seed: with the 95 % interval over test images or episodes; "
        "several: mean ± standard deviation over them."
    )
    if probe_tables.has_published(rows):
        said += f" {published.SETTING}; its probes' protocol is not published."
    page.table(rows, said)


def _point(values, interval):
    mean, deviation = mean_and_deviation(values)
    if deviation is None:
        return (mean, *interval)
    return (mean, mean - deviation, mean + deviation)


def _one_table(page, results, groups):
    for result in results:
        page.subheading(result.data["label"])
        page.table(getattr(probe_tables, result.probe)(result, groups))
