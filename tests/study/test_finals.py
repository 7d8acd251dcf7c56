"""Finals train the finalists with paired seeds."""

import json

import pytest

from seal_tf.study import fixed_runs
from seal_tf.study.finals import Finals
from seal_tf.study.tuning import TunedCandidate
from tests.study import fakes
from tests.study.owners import open_workers

CANDIDATES = [fakes.candidate("long"), fakes.candidate("other")]
FINALISTS = [
    TunedCandidate("long", {"x": 0.3, "rate": 0.2}, 0.9, 2),
    TunedCandidate("other", {"x": 0.5, "rate": 0.2}, 0.8, 2),
]


@pytest.fixture
def program(monkeypatch):
    monkeypatch.setattr(fixed_runs, "POLL", 0.01)
    return fakes.FakeProgram(monkeypatch)


def _finals(storage, folder, program, seeds, candidates=CANDIDATES, log=None):
    return Finals(
        fakes.context(storage, folder, program, log),
        fakes.plan(candidates),
        {c.name: c for c in candidates},
        FINALISTS,
        seeds,
    )


def test_run_trains_each_finalist_with_each_seed(program, tmp_path):
    (storage,) = open_workers("journal", tmp_path, 1)
    lines = []
    phase = _finals(storage, tmp_path, program, 2, log=lines)
    phase.run()
    runs = [(f["kind"], f["x"], s, w.name) for f, s, w, _ in program.runs]
    # Seed by seed, and not with the seed of the trials.
    assert runs == [
        ("long", 0.3, 1, "long-seed1"),
        ("other", 0.5, 1, "other-seed1"),
        ("long", 0.3, 2, "long-seed2"),
        ("other", 0.5, 2, "other-seed2"),
    ]
    assert all(final for *_, final in program.runs)
    expected = {"long": {1: 0.99, 2: 0.98}, "other": {1: 0.95, 2: 0.94}}
    for name, scores in phase.scores().items():
        assert scores == pytest.approx(expected[name])
    assert phase.commands()["other", 2] == "train --seed=2"
    assert lines[-1] == "the other, seed 2: finished (run 4 of 4)"
    assert not phase.failures()


def test_more_seeds_of_a_finished_study_add_runs_only(program, tmp_path):
    first, second = open_workers("journal", tmp_path)
    _finals(first, tmp_path, program, 2).run()
    before = len(program.runs)
    phase = _finals(second, tmp_path, program, 3)
    phase.run()
    names = [run[2].name for run in program.runs[before:]]
    assert names == ["long-seed3", "other-seed3"]
    # Fewer seeds later show all that there are.
    phase = _finals(first, tmp_path, program, 1)
    phase.run()
    assert [list(scores) for scores in phase.scores().values()] == [
        [1, 2, 3],
        [1, 2, 3],
    ]
    assert len(program.runs) == before + 2


def test_run_resumes_a_killed_run_in_its_folder(program, tmp_path):
    first, second = open_workers("journal", tmp_path)

    def kill(run, epoch):
        if run[2].name == "other-seed1" and len(program.runs) == 2:
            raise fakes.Killed

    program.on_epoch = kill
    with pytest.raises(fakes.Killed):
        _finals(first, tmp_path, program, 2).run()
    phase = _finals(second, tmp_path, program, 2)
    phase.run()
    names = [run[2].name for run in program.runs]
    assert names == [
        "long-seed1",
        "other-seed1",
        "other-seed1",
        "long-seed2",
        "other-seed2",
    ]
    assert [list(s) for s in phase.scores().values()] == [[1, 2], [1, 2]]


def test_finalist_whose_command_fails_is_named(program, tmp_path):
    (storage,) = open_workers("journal", tmp_path, 1)
    candidates = [CANDIDATES[0], fakes.candidate("other", broken=True)]
    lines = []
    phase = _finals(storage, tmp_path, program, 1, candidates, lines)
    phase.run()
    assert phase.scores()["other"] == {}
    assert phase.scores()["long"]
    assert phase.failures()["other"].startswith("the script is broken")
    assert "the other, seed 1: failed: the script is broken" in lines[-1]


def test_write_missing_files_restores_runs_of_other_machines(program, tmp_path):
    first, second = open_workers("journal", tmp_path)
    program.writes_summaries = True
    _finals(first, tmp_path / "far", program, 1).run()
    phase = _finals(second, tmp_path / "here", program, 1)
    phase.run()
    assert not phase.run_folders()
    phase.write_missing_files()
    folder = tmp_path / "here" / "finals" / "long-seed1"
    assert phase.run_folders()["long", 1] == folder
    far = tmp_path / "far" / "finals" / "long-seed1"
    assert (folder / "metrics.jsonl").read_text() == (
        far / "metrics.jsonl"
    ).read_text()
    assert json.loads((folder / "summary.json").read_text()) == {
        "accuracy": 0.99
    }
    assert sorted(path.name for path in folder.iterdir()) == [
        "metrics.jsonl",
        "summary.json",
    ]


def test_write_missing_files_leaves_scripts_of_the_user_alone(
    program, tmp_path
):
    first, second = open_workers("journal", tmp_path)
    _finals(first, tmp_path / "far", program, 1).run()
    phase = _finals(second, tmp_path / "here", program, 1)
    phase.write_missing_files()
    assert not (tmp_path / "here").exists()


def test_chance_is_that_of_the_classes_of_seal_tf(program, tmp_path):
    (storage,) = open_workers("journal", tmp_path, 1)
    phase = _finals(storage, tmp_path, program, 1)
    program.extra = {"classes": ["cat", "dog"]}
    phase.run()
    # A script may mean anything by "classes".
    assert phase.chance() is None


def test_runs_of_older_versions_have_no_checksum(program, tmp_path):
    (storage,) = open_workers("journal", tmp_path, 1)
    program.writes_summaries = True
    program.extra = {"training_images": 9, "image_shape": [8]}
    _finals(storage, tmp_path, program, 1).run()
    program.extra["training_crc32"] = 1
    _finals(storage, tmp_path, program, 2).run()
    program.extra["training_crc32"] = 2
    with pytest.raises(ValueError, match="training_crc32 is 2 in long-seed3"):
        _finals(storage, tmp_path, program, 3).run()


def test_images_that_change_between_seeds_are_an_error(program, tmp_path):
    (storage,) = open_workers("journal", tmp_path, 1)
    program.writes_summaries = True
    program.extra = {"classes": 4, "validation_crc32": 1, "image_shape": [8]}
    phase = _finals(storage, tmp_path, program, 1)
    phase.run()
    assert phase.chance() == 0.25
    program.extra = {"classes": 4, "validation_crc32": 2, "image_shape": [8]}
    phase = _finals(storage, tmp_path, program, 2)
    with pytest.raises(ValueError, match="validation_crc32 is 2 in long-seed2"):
        phase.run()
    assert len(program.runs) == 3
    # It stays one, and nothing more is trained.
    with pytest.raises(ValueError, match="the images have changed since"):
        phase.run()
    assert len(program.runs) == 3
