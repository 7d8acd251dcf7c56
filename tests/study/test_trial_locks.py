"""TrialLocks tell which worker is dead, where the storage is a file."""

from seal_tf.study.trial_locks import TrialLocks
from tests.study.owners import open_workers


def test_is_dead_follows_the_lock_of_the_trial(tmp_path):
    study = open_workers("journal", tmp_path, 1)[0].open_study("a/b")
    trial = study.ask()
    folder = tmp_path / "locks"
    owner, other = TrialLocks(folder), TrialLocks(folder)
    assert other.is_dead(study, trial)
    owner.begin(study, trial.number)
    assert not other.is_dead(study, trial)
    assert [path.name for path in folder.iterdir()] == ["a.b.trial0.lock"]
    # Other trials and other studies have locks of their own.
    assert other.is_dead(study, study.ask())
    owner.end()
    assert other.is_dead(study, trial)
    assert not list(folder.iterdir())
    owner.end()


def test_exclusive_lets_one_worker_in(tmp_path):
    owner, other = TrialLocks(tmp_path), TrialLocks(tmp_path)
    with owner.exclusive("a/b"):
        assert not other.exclusive("a/b").acquire(wait=False)
        with other.exclusive("c"):
            pass
    with other.exclusive("a/b"):
        pass
