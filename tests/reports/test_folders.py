"""Finding folders of runs."""

import pytest

from seal_tf.reports.folders import default_folder, find_folders


@pytest.fixture
def make(tmp_path):
    def make(name, file="summary.json"):
        folder = tmp_path / name
        folder.mkdir(parents=True)
        (folder / file).touch()
        return folder

    return make


def test_find_folders_expands_patterns_in_natural_order(make, tmp_path):
    runs = [make(f"runs/seal-{seed}") for seed in (10, 9)]
    make("runs/other")
    (tmp_path / "runs" / "seal-empty").mkdir()
    folders, unfinished = find_folders([tmp_path / "runs" / "seal-*"])
    assert folders == runs[::-1] and unfinished == []
    assert find_folders([tmp_path / "**" / "other"])[0] == [
        tmp_path / "runs" / "other"
    ]


def test_find_folders_looks_into_a_folder_of_runs(make, tmp_path):
    runs = [make("runs/a"), make("runs/b", "linear.json")]
    training = make("runs/c", "metrics.jsonl")
    make("runs/report", "report.html")
    assert find_folders([tmp_path / "runs"]) == (runs, [training])


def test_find_folders_finds_the_runs_of_several_seeds(make, tmp_path):
    """`--seeds` trains in folders of the work directory."""
    runs = [make(f"runs/{n}") for n in ("normal-0", "seal/seed0", "seal/seed1")]
    make("runs/other/deep/seed0")
    assert find_folders([tmp_path / "runs"]) == (runs, [])
    assert find_folders([tmp_path / "runs" / "seal"]) == (runs[1:], [])


def test_find_folders_omits_a_run_that_has_its_ensemble_only(make, tmp_path):
    """A run writes the result of its ensemble before its summary."""
    run = make("runs/a")
    training = make("runs/b", "ensemble.json")
    (training / "flags.txt").touch()
    probed = make("runs/c", "ensemble.json")
    assert find_folders([tmp_path / "runs"]) == ([run, probed], [training])


def test_find_folders_names_each_folder_once(make, tmp_path):
    run = make("runs/a")
    assert find_folders([run, tmp_path / "runs", run])[0] == [run]


def test_find_folders_returns_names_without_results(make, tmp_path):
    training = make("runs/c", "metrics.jsonl")
    missing = tmp_path / "missing"
    assert find_folders([training, missing]) == ([training, missing], [])


def test_find_folders_of_a_pattern_without_match_raises(tmp_path):
    with pytest.raises(ValueError, match="which matches none"):
        find_folders([tmp_path / "x*"])


def test_default_folder_is_beside_the_runs(make, tmp_path):
    a, b, c = make("runs/a"), make("runs/b"), make("probes/c")
    assert default_folder([a]) == tmp_path / "runs" / "report"
    assert default_folder([a, b]) == tmp_path / "runs" / "report"
    assert default_folder([a, c]) == tmp_path / "report"
