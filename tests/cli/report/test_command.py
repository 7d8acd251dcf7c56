"""The report of runs and probes, from what a command left behind."""

import json

import numpy as np
import pytest
from scipy import stats

from seal_tf.report import groups, read_run, tables
from seal_tf.report.__main__ import main


@pytest.fixture
def like(done, tmp_path):
    """Makes runs like the finished one, with other flags and results."""

    def make(name, ends, **flags):
        folder = tmp_path / name
        folder.mkdir(parents=True)
        summary = json.loads((done / "summary.json").read_text())
        summary["flags"] |= flags
        for key in ("method", "seed", "dataset"):
            summary[key] = summary["flags"][key]
        for generation, end in zip(summary["generations"], ends, strict=True):
            generation["val_accuracy_last"] = end
        summary["last"]["val_accuracy"] = ends[-1]
        (folder / "summary.json").write_text(json.dumps(summary))
        lines = (done / "metrics.jsonl").read_text()
        (folder / "metrics.jsonl").write_text(lines)
        return folder

    return make


def report(*paths, out):
    """Runs the command; returns its exit code."""
    runs = ",".join(map(str, paths))
    try:
        return main([f"--runs={runs}", f"--out={out}"])
    except SystemExit as stopped:
        return stopped.code


def six(like):
    normal = [(0.50, 0.60), (0.52, 0.63), (0.51, 0.61)]
    seal = [(0.49, 0.63), (0.55, 0.64), (0.51, 0.66)]
    return [
        like(f"{method}{seed}", ends, method=method, seed=seed)
        for method, found in (("normal", normal), ("seal", seal))
        for seed, ends in enumerate(found)
    ]


def test_seeds_are_taken_together(like, tmp_path):
    paths = six(like)
    assert report(*paths, out=tmp_path / "out") == 0
    text = (tmp_path / "out" / "results.md").read_text()
    ends = np.array([60, 63, 61])
    said = f"{ends.mean():.2f} ± {ends.std(ddof=1):.2f}"
    assert f"| normal | normal | 0, 1, 2 | 51.00 ± 1.00 | {said} |" in text
    # Seed by seed: +3, +1, +5, and the t interval of their mean.
    half = stats.t.ppf(0.975, 2) * np.std([3, 1, 5], ddof=1) / np.sqrt(3)
    assert (
        f"| seal | 3 | +3.00 | {3 - half:+.2f} to {3 + half:+.2f} | the same |"
        in text
    )
    assert "published" not in text
    page = (tmp_path / "out" / "report.html").read_text()
    assert page.count("data:image/png") == 3
    assert "src=" not in page.replace('src="data:image/png', "")


def test_other_flags_are_another_group(like):
    runs = [
        read_run(like(f"r{i}", (0.1, 0.2), seed=seed, ascent_scale=scale))
        for i, (seed, scale) in enumerate(
            [(0, 0.1), (1, 0.1), (0, 0.2), (1, 0.2), (0, 0.3)]
        )
    ]
    found = groups.grouped(runs)
    assert [(g.name, sorted(g.seeds)) for g in found] == [
        ("seal (ascent_scale=0.1)", [0, 1]),
        ("seal (ascent_scale=0.2)", [0, 1]),
        ("r4", [0]),
    ]
    rows = tables.differences(found)
    assert [row[1] for row in rows[1:]] == ["2", "1"]
    assert rows[2][3] == "none from one seed"


def test_published_figures_stand_apart(like):
    more = {"dataset": "tiny_imagenet", "images_per_class": None}
    runs = [
        read_run(like(m, (0.4, 0.5), method=m, **more))
        for m in ("normal", "seal")
    ]
    assert tables.as_published(groups.grouped(runs)) is None
    for run in runs:
        run.summary["classes"] = 200
    found = tables.as_published(groups.grouped(runs))
    assert found == [
        ["", "normal", "seal", "normal, published", "seal, published"],
        ["G=1", "40.00", "40.00", "54.37", ""],
        ["G=2", "50.00", "50.00", "", ""],
    ]


def test_a_hostile_name(like, tmp_path):
    # Its own name is what is shown of a run alone.
    a = like("<script>alert(1)<", (0.1, 0.2))
    assert report(a, out=tmp_path / "out") == 0
    page = (tmp_path / "out" / "report.html").read_text()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "<script>" not in (tmp_path / "out" / "results.md").read_text()


def test_same_names(like, tmp_path):
    a = like("a/seal", (0.1, 0.2))
    b = like("b/seal", (0.1, 0.2), ascent_scale=0.2)
    assert report(a, b, out=tmp_path / "out") == 0
    text = (tmp_path / "out" / "results.md").read_text()
    assert "a/seal" in text
    assert "b/seal" in text


def test_bad_input_is_one_line(like, tmp_path, capsys):
    a = like("a", (0.1, 0.2))
    b = like("b", (0.1, 0.2))
    spoilt = like("spoilt", (0.1, 0.2), seed=1)
    (spoilt / "summary.json").write_text("{}")
    probed = tmp_path / "probed"
    probed.mkdir()
    (probed / "linear.json").write_text('{"probe": "linear"}')
    for paths, message in (
        ([tmp_path / "nowhere"], "no finished run there"),
        ([a, b], "are one experiment with one seed (0)"),
        ([spoilt], "summary.json: damaged"),
        ([probed], "linear.json: damaged"),
        ([], "give --runs=A,B and --out=DIR"),
    ):
        assert report(*paths, out=tmp_path / "out") == 2
        assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def entry(name, method, seed, results):
    flags = {"method": method, "seed": seed}
    trained = {"method": method, "flags": flags}
    return {"name": name, "trained": trained, "results": results}


def test_probes_on_the_page(tmp_path):
    folder = tmp_path / "flowers"
    folder.mkdir()
    data = {"name": "flowers102", "label": "flowers102", "classes": 102}

    def write(probe, networks, **more):
        said = {"probe": probe, "dataset": data, "protocol": "so and so"}
        said |= {"networks": networks, **more}
        (folder / f"{probe}.json").write_text(json.dumps(said))

    write(
        "linear",
        [
            entry("n", "normal", 0, {"top1": 0.3, "interval": [0.28, 0.33]}),
            entry("s0", "seal", 0, {"top1": 0.4, "interval": [0.37, 0.43]}),
            entry("s1", "seal", 1, {"top1": 0.5, "interval": [0.47, 0.53]}),
        ],
    )
    few = {"setting": "5-way 20-shot", "mean": 0.8, "half_interval": 0.01}
    write(
        "few_shot",
        [entry("n", "normal", 0, {"few": [few]})],
        left_out=["5-way 99-shot left out: <b>"],
    )
    summary = {
        "mean": 1.5,
        "interval": [1.2, 1.8],
        "none": 0.25,
        "histogram": [2, 1, 1],
        "by_class": [1.0, None],
        "class_names": ["<i>", "b"],
    }
    split = {"accuracy_per_tap": [0.5, 0.75], "correctness": summary}
    depth = {
        "taps": ["one", "two"],
        "splits": {"train": split, "validation": split},
    }
    write(
        "prediction_depth",
        [
            entry("n", "normal", 0, depth),
            entry("s0", "seal", 0, depth),
            entry("s1", "seal", 1, depth),
        ],
    )
    assert report(folder, out=tmp_path / "out") == 0
    text = (tmp_path / "out" / "results.md").read_text()
    assert "| n | 1 | 30.00 (28.00 to 33.00) | 26.96 (G=10) |" in text
    assert "| seal | 2 | 45.00 ± 7.07 | 45.68 (G=10) |" in text
    assert "| n | 1 | 80.00 ± 1.00 |" in text
    assert "| n | 1 | train |  |  | 1.50 (1.20 to 1.80) | 25.0 | 75.0 |" in text
    assert "| seal | 2 | validation |  |  | 1.50 ± 0.00 |" in text
    page = (tmp_path / "out" / "report.html").read_text()
    assert "5-way 99-shot left out: &lt;b&gt;" in page
    assert page.count("data:image/png") == 5
