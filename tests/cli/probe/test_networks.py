"""Networks that `--export` names."""

import pytest

from seal_tf.cli.probe.networks import find_networks


def make_export(path):
    path.mkdir(parents=True)
    (path / "saved_model.pb").touch()
    return path


def make_workdir(path):
    make_export(path / "export")
    (path / "flags.txt").touch()
    (path / "model.keras").touch()
    return path


def test_find_networks_accepts_exports_workdirs_and_files(tmp_path):
    workdir = make_workdir(tmp_path / "run")
    export = make_export(tmp_path / "x")
    sources = find_networks([workdir, workdir / "model.keras", export])
    assert [s.name for s in sources] == ["run", "model", "x"]
    assert sources[0].export == workdir / "export"
    assert sources[1].workdir == workdir
    assert sources[1].export is None
    assert sources[2].keras_file is None


def test_find_networks_of_one_name_adds_parents(tmp_path):
    paths = [make_workdir(tmp_path / name / "run") for name in "ab"]
    assert [s.name for s in find_networks(paths)] == ["a/run", "b/run"]


def test_find_networks_with_bad_path_raises(tmp_path):
    export = make_export(tmp_path / "x")
    for paths, message in (
        ([tmp_path / "none"], "no such folder"),
        ([tmp_path / "none.keras"], "no such file"),
        ([tmp_path], "neither an export"),
        ([export, export], "one network twice"),
    ):
        with pytest.raises(ValueError, match=message):
            find_networks(paths)
