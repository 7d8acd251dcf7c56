"""Networks that `--export` names."""

import json

import pytest

from seal_tf.cli.probe.networks import (
    check_export_flags,
    describe_other_exports,
    find_networks,
)


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


def test_find_networks_tells_the_networks_of_a_run_apart(tmp_path):
    workdir = make_workdir(tmp_path / "run")
    (workdir / "model_averaged.keras").touch()
    for suffix in ("_averaged", "_ensemble"):
        make_export(workdir / f"export{suffix}")
    main, average, ensemble = find_networks(
        [workdir, workdir / "export_averaged", workdir / "export_ensemble"]
    )
    assert (main.name, average.name) == ("run", "run_averaged")
    assert main.keras_file == workdir / "model.keras"
    assert average.keras_file == workdir / "model_averaged.keras"
    # An ensemble is no Keras model.
    assert (ensemble.name, ensemble.keras_file) == ("run_ensemble", None)
    (file,) = find_networks([workdir / "model_averaged.keras"])
    assert file.workdir == workdir
    (workdir / "export_averaged" / "card.json").write_text('{"a": 1}')
    assert file.read_card() == {"a": 1}
    other = make_workdir(tmp_path / "other" / "run")
    make_export(other / "export_averaged")
    names = [
        s.name for s in find_networks([average.path, other / "export_averaged"])
    ]
    assert names == [f"{tmp_path.name}/run_averaged", "other/run_averaged"]


def test_describe_other_exports_names_those_that_are_not_probed(tmp_path):
    workdir = make_workdir(tmp_path / "run")
    average = make_export(workdir / "export_averaged")
    ensemble = make_export(workdir / "export_ensemble")
    for export, endpoints in ((average, ["features"]), (ensemble, ["serve"])):
        card = json.dumps({"endpoints": endpoints})
        (export / "card.json").write_text(card)
    (workdir / "export_features").mkdir()
    plain = make_workdir(tmp_path / "plain")
    (line,) = describe_other_exports(find_networks([workdir, plain]))
    assert line == f"run: other networks of this run: --export={average}"
    for paths in ([workdir, average], [workdir / "export"], [average]):
        assert describe_other_exports(find_networks(paths)) == []
    file = find_networks([workdir / "model.keras"])
    assert describe_other_exports(file) == []


def test_find_networks_tells_the_files_of_two_runs_apart(tmp_path):
    files = []
    for name in "ab":
        workdir = make_workdir(tmp_path / name)
        files.append(workdir / "model.keras")
    files.append(tmp_path / "a" / "model_averaged.keras")
    files[-1].touch()
    names = [source.name for source in find_networks(files)]
    assert names == ["a/model", "b/model", "model_averaged"]


def test_find_networks_in_the_current_folder_has_its_name(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(make_export(tmp_path / "mine"))
    (source,) = find_networks(["."])
    assert source.name == "mine"
    assert source.default_cache_folder() == tmp_path / "mine_features"


def test_check_export_flags_of_exported_networks_raises(tmp_path):
    workdir = make_workdir(tmp_path / "run")
    networks = find_networks([workdir])
    check_export_flags(["probe", "seed"], networks)
    with pytest.raises(ValueError, match="`tap_pooling` has no effect"):
        check_export_flags(["probe", "tap_pooling"], networks)
    check_export_flags(["taps"], find_networks([workdir / "model.keras"]))


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
