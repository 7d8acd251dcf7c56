"""`python -m seal_tf.report`, on the files of finished commands."""

import json

import numpy as np
from scipy import stats

from seal_tf.report import main
from tests.probes.fakes import entry
from tests.probes.prediction_depth.examples import depth_results


def run_report(*paths, out, flags=()):
    """Run the command; return its exit code."""
    runs = ",".join(map(str, paths))
    try:
        return main([f"--runs={runs}", f"--out={out}", *flags])
    except SystemExit as exit:
        return exit.code


def test_report_of_several_seeds_groups_them(make_run, tmp_path):
    normal = [(0.50, 0.60), (0.52, 0.63), (0.51, 0.61)]
    seal = [(0.49, 0.63), (0.55, 0.64), (0.51, 0.66)]
    paths = [
        make_run(f"{method}{seed}", accuracies, method=method, seed=seed)
        for method, runs in (("normal", normal), ("seal", seal))
        for seed, accuracies in enumerate(runs)
    ]
    assert run_report(*paths, out=tmp_path / "out") == 0
    text = (tmp_path / "out" / "results.md").read_text()
    # The difference is uncertain by about 2 points, the means by about 1.
    last = np.array([60, 63, 61])
    cell = f"{last.mean():.0f} ± {last.std(ddof=1):.0f}"
    assert f"| normal | 0, 1, 2 | 51 ± 1 | {cell} |" in text
    # The paired differences are +3, +1, +5.
    half = stats.t.ppf(0.975, 2) * np.std([3, 1, 5], ddof=1) / np.sqrt(3)
    interval = f"(\u2212{half - 3:.0f} to +{3 + half:.0f})"
    assert f"| seal | 3 | +3 {interval} | cannot tell |" in text
    assert text.startswith("**Cannot tell seal from normal: +3 points")
    assert "published" not in text


def test_report_with_baseline_and_smallest_difference(make_run, tmp_path):
    paths = [
        make_run(f"{method}{seed}", (0.5, last), method=method, seed=seed)
        for method, lasts in (("normal", (0.6, 0.6)), ("seal", (0.605, 0.6051)))
        for seed, last in enumerate(lasts)
    ]
    flags = ("--baseline=seal", "--smallest_difference=0.8")
    assert run_report(*paths, out=tmp_path / "out", flags=flags) == 0
    text = (tmp_path / "out" / "results.md").read_text()
    assert text.startswith("**normal is worse than seal: \u22120.5")
    assert run_report(*paths, out=tmp_path / "out", flags=["--baseline=x"]) == 2
    flags = ["--smallest_difference=0"]
    assert run_report(*paths, out=tmp_path / "out", flags=flags) == 2


def test_report_of_a_folder_writes_beside_its_runs(make_run, tmp_path, capsys):
    for seed in range(3):
        make_run(f"all/seal-{seed}", (0.5, 0.6), seed=seed)
    unfinished = tmp_path / "all" / "seal-3"
    unfinished.mkdir()
    (unfinished / "flags.txt").touch()
    assert main([f"--runs={tmp_path / 'all'}"]) == 0
    assert f"{unfinished}: the run is not finished" in capsys.readouterr().out
    file = tmp_path / "all" / "report" / "report.html"
    assert "3 seeds" in file.read_text()
    # The report is no run; the pattern matches two seeds.
    assert main([f"--runs={tmp_path / 'all' / 'seal-[01]'}"]) == 0
    assert "2 seeds" in file.read_text()


def test_report_escapes_names(make_run, tmp_path):
    # The name of a single run is that of its folder.
    run = make_run("<script>alert(1)<", (0.1, 0.2))
    assert run_report(run, out=tmp_path / "out") == 0
    html = (tmp_path / "out" / "report.html").read_text()
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html
    text = (tmp_path / "out" / "results.md").read_text()
    # Markdown renders nothing in a block of code.
    prose = "".join(text.split("```")[::2])
    assert "&lt;script>alert" in prose and "<script>" not in prose


def test_report_of_folders_with_one_name_shows_their_parents(
    make_run, tmp_path
):
    a = make_run("a/seal", (0.1, 0.2))
    b = make_run("b/seal", (0.1, 0.2), ascent_scale=0.2)
    assert run_report(a, b, out=tmp_path / "out") == 0
    text = (tmp_path / "out" / "results.md").read_text()
    assert "a/seal" in text
    assert "b/seal" in text


def test_report_with_bad_input_prints_one_line(make_run, tmp_path, capsys):
    a = make_run("a", (0.1, 0.2))
    b = make_run("b", (0.1, 0.2))
    damaged = make_run("damaged", (0.1, 0.2), seed=1)
    (damaged / "summary.json").write_text("{}")
    probed = tmp_path / "probed"
    probed.mkdir()
    (probed / "linear.json").write_text('{"probe": "linear"}')
    for paths, message in (
        ([tmp_path / "none"], "contains no finished run"),
        ([a, b], "are runs of one experiment with the same seed (0)"),
        ([damaged], "summary.json: the summary is damaged"),
        ([probed], "linear.json: the probe result is damaged"),
        ([], "--runs=A,B"),
    ):
        assert run_report(*paths, out=tmp_path / "out") == 2
        assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_report_of_probe_results_has_a_section_for_each(tmp_path):
    folder = tmp_path / "flowers"
    folder.mkdir()
    data = {"name": "flowers102", "label": "flowers102", "classes": 102}

    def write(probe, networks, **others):
        content = {"probe": probe, "dataset": data, "protocol": "a protocol"}
        content |= {"networks": networks, **others}
        (folder / f"{probe}.json").write_text(json.dumps(content))

    write(
        "linear",
        [
            entry("n", {"top1": 0.3, "interval": [0.28, 0.33]}),
            entry("s0", {"top1": 0.4, "interval": [0.37, 0.43]}, "seal"),
            entry("s1", {"top1": 0.5, "interval": [0.47, 0.53]}, "seal", 1),
        ],
    )
    row = {"setting": "5-way 20-shot", "mean": 0.8, "margin_of_error": 0.01}
    write(
        "few_shot",
        [entry("n", {"settings": [row]})],
        skipped=["5-way 99-shot skipped: <b>"],
    )
    depth = depth_results(class_names=["<i>", "b"])
    write(
        "prediction_depth",
        [
            entry("n", depth),
            entry("s0", depth, "seal"),
            entry("s1", depth, "seal", 1),
        ],
    )
    assert run_report(folder, out=tmp_path / "out") == 0
    text = (tmp_path / "out" / "results.md").read_text()
    assert "| n | 1 | 30.00 (28.00 to 33.00) | 26.96 (G=10) |" in text
    assert "| seal | 2 | 45.00 ± 7.07 | 45.68 (G=10) |" in text
    assert "| n | 1 | 80.00 ± 1.00 |" in text
    assert "| n | 1 | train | 1.50 (1.20 to 1.80) | 25.0 | 75.0 |" in text
    assert "| seal | 2 | validation | 1.50 ± 0.00 |" in text
    html = (tmp_path / "out" / "report.html").read_text()
    assert "5-way 99-shot skipped: &lt;b&gt;" in html
    assert html.count("data:image/svg") == 5
