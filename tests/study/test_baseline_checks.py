"""The baseline tries the settings that other candidates have found."""

import pytest

from seal_tf.study import fixed_runs
from seal_tf.study.baseline_checks import BaselineChecks
from tests.study import fakes
from tests.study.owners import open_workers

LONG = fakes.candidate("long")
VALUES = [{"x": 0.3, "rate": 0.2}, {"x": 0.9, "rate": 0.2}]


@pytest.fixture
def program(monkeypatch):
    monkeypatch.setattr(fixed_runs, "POLL", 0.01)
    return fakes.FakeProgram(monkeypatch)


def _checks(storage, folder, program, values=VALUES, log=None, baseline=LONG):
    return BaselineChecks(
        fakes.context(storage, folder, program, log),
        fakes.plan([baseline]),
        baseline,
        values,
    )


def test_run_trains_the_baseline_with_each_setting(program, tmp_path):
    (storage,) = open_workers("journal", tmp_path, 1)
    lines = []
    checks = _checks(storage, tmp_path, program, log=lines)
    assert checks.best() is None
    checks.run()
    runs = [
        ({n: f[n] for n in ("x", "rate")}, seed, workdir.name, final)
        for f, seed, workdir, final in program.runs
    ]
    assert runs == [
        (VALUES[0], 0, "trial1", False),
        (VALUES[1], 0, "trial2", False),
    ]
    best = checks.best()
    assert (best.name, best.values, best.score) == ("long", VALUES[0], 1.0)
    assert checks.used() == 2 * fakes.EPOCHS
    # Their numbers follow on those of the two trials of the plan.
    assert [t["number"] for t in checks.trials()] == [3, 4]
    assert lines[0] == (
        "the long with settings of another candidate, trial 1 of 2: 100.0% of "
        "the held-out images"
    )
    folder = tmp_path / "tuning" / "long-checks" / "trial1"
    assert not (folder / "weights").exists()
    checks.run()
    assert len(program.runs) == 2


def test_run_resumes_after_a_death_and_ends_without_values(program, tmp_path):
    first, second = open_workers("journal", tmp_path)
    _checks(first, tmp_path, program, []).run()
    assert not program.runs

    def kill(run, epoch):
        if len(program.runs) == 1:
            raise fakes.Killed

    program.on_epoch = kill
    with pytest.raises(fakes.Killed):
        _checks(first, tmp_path, program).run()
    checks = _checks(second, tmp_path, program)
    checks.run()
    names = [run[2].name for run in program.runs]
    assert names == ["trial1", "trial1", "trial2"]
    assert checks.best().score == 1.0


def test_failed_check_is_no_result(program, tmp_path):
    (storage,) = open_workers("journal", tmp_path, 1)
    broken = fakes.candidate("long", broken=True)
    checks = _checks(storage, tmp_path, program, baseline=broken)
    checks.run()
    assert checks.best() is None
    assert [t["state"] for t in checks.trials()] == ["fail", "fail"]
