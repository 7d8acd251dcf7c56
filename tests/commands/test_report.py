"""The report of several runs."""

import shutil

import pytest

from seal_tf.report import read_run
from seal_tf.report.__main__ import main
from tests.commands.runs import run


def test_two_runs_and_a_hostile_name(tmp_path, capsys):
    a, b = tmp_path / "seal", tmp_path / "<script>alert(1)<"
    assert run(a) == 0
    shutil.copytree(a, b)
    out = tmp_path / "out"
    assert main([f"--runs={a},{b}", f"--out={out}"]) == 0
    page = (out / "report.html").read_text()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert page.count("data:image/png") == 3
    last = read_run(a).summary["last"]["val_accuracy"]
    assert f"{100 * last:.2f}" in (out / "results.md").read_text()
    for words, message in (
        ([f"--runs={tmp_path}", "--out=x"], "no finished run there"),
        ([], "give --runs=A,B and --out=DIR"),
    ):
        try:
            main(words)
        except SystemExit as stopped:
            assert stopped.code == 2
        assert message in capsys.readouterr().err


def test_same_names_and_damage(tmp_path, capsys):
    a, b = tmp_path / "a" / "seal", tmp_path / "b" / "seal"
    assert run(a) == 0
    shutil.copytree(a, b)
    assert main([f"--runs={a},{b}", f"--out={tmp_path / 'out'}"]) == 0
    table = (tmp_path / "out" / "results.md").read_text()
    assert "a/seal" in table
    assert "b/seal" in table
    (b / "summary.json").write_text("{}")
    with pytest.raises(SystemExit):
        main([f"--runs={b}", f"--out={tmp_path / 'no'}"])
    assert "summary.json: damaged" in capsys.readouterr().err
    assert not (tmp_path / "no").exists()
