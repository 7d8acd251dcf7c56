"""The report of several runs."""

import shutil

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
