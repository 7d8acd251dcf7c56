from pathlib import Path

from seal_tf.utils.distinct_names import distinct_names


def test_distinct_names_adds_as_many_parents_as_needed():
    paths = ["/r/a/x/run", "/r/b/x/run", "/r/b/y/run", "/r/c"]
    names = distinct_names([Path(path) for path in paths])
    assert names == ["a/x/run", "b/x/run", "y/run", "c"]


def test_distinct_names_of_equal_paths_are_equal(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first, second = distinct_names([Path(), tmp_path])
    assert first == second
    assert first.endswith(tmp_path.name)
