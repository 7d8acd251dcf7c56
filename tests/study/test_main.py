"""The command, with scripts that train nothing."""

import json
import sys

import pytest

from seal_tf.study import training_process
from seal_tf.study.__main__ import main

#: A script that is finished at once; "broken" methods fail.
SCRIPT = """
import json, pathlib, sys
flags = dict(word[2:].split("=", 1) for word in sys.argv[1:])
if flags["method"] in pathlib.Path(sys.argv[0] + ".broken").read_text():
    sys.exit("my_train: no memory for " + flags["method"])
folder = pathlib.Path(flags["workdir"])
folder.mkdir(parents=True, exist_ok=True)
with open(folder / "metrics.jsonl", "w") as file:
    for epoch in range(int(flags["epochs"])):
        row = {"epoch": epoch, "val_accuracy": 0.5, "seconds": 2.0}
        print(json.dumps(row), file=file)
accuracy = {"normal": 0.6, "llf": 0.65}[flags["method"]]
by_seed = {"normal": 0.01, "llf": 0.012}[flags["method"]]
accuracy += by_seed * int(flags["seed"]) * (flags["evaluate_on"] == "test")
(folder / "result.json").write_text(json.dumps({"accuracy": accuracy}))
"""
CANDIDATES = """
[long]
label = "one long cosine"
flags = { method = "normal" }
search.rate = { low = 0.1, high = 1.0, first = 0.3 }
[llf]
label = "LLF"
flags = { method = "llf" }
search.generations = { choices = [8, 2] }
"""


@pytest.fixture
def words(tmp_path):
    """The words of a study of a script."""
    script = tmp_path / "my_train.py"
    script.write_text(SCRIPT)
    (tmp_path / "my_train.py.broken").write_text("")
    candidates = tmp_path / "candidates.toml"
    candidates.write_text(CANDIDATES)
    return (
        f"--train_command={sys.executable} {script}",
        f"--candidates={candidates}",
        f"--workdir={tmp_path / 'study'}",
        "--trials=1",
        "--seeds=2",
        "--epochs=16",
    )


def test_study_ends_with_its_page(words, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(training_process, "POLL", 0.02)
    assert main([*words, "--passes=130", "--quiet"]) == 0
    page = tmp_path / "study" / "study.html"
    assert capsys.readouterr().out == f"study: {page.as_uri()}\n"
    text = (tmp_path / "study" / "study.md").read_text()
    assert text.startswith(
        "**LLF is better than one long cosine: +5.3 points (95 % interval +4.0 "
        "to +6.6, 2 seeds).**"
    )
    data = json.loads((tmp_path / "study" / "study.json").read_text())
    # Two generations of 8 epochs: those of 8 generations would be too short.
    assert "--generations=2 --epochs=16" in data["commands"]["llf-seed1"]
    assert data["test_accuracy"] == {
        "long": {"1": pytest.approx(0.61), "2": pytest.approx(0.62)},
        "llf": {"1": pytest.approx(0.662), "2": pytest.approx(0.674)},
    }


def test_dry_run_prints_each_phase_and_its_end(words, tmp_path, capsys):
    assert main([*words, "--hours=0.2", "--dry_run"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("measured: ")
    assert lines[1] == "budget: 12 minutes of one worker"
    assert lines[4].startswith("tuning: 2 candidates x 1 trial and 1 more")
    assert lines[5].startswith("finals: 2 finalists x 2 seeds on all training")
    assert lines[-1].startswith("end: about ")
    assert not (tmp_path / "study").exists()


def _error(capsys, *words):
    with pytest.raises(SystemExit) as exit_:
        main([*words])
    assert exit_.value.code == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    return line


def test_study_with_too_small_a_budget_says_what_it_needs(words, capsys):
    # 3 trials, and 2 finalists x 2 seeds of 1.25 times as many images.
    assert "--passes must be at least 128: 2 candidates x 1 trial" in _error(
        capsys, *words, "--passes=127"
    )
    assert main([*words, "--passes=128", "--dry_run"]) == 0


def test_study_of_a_script_that_fails_has_its_last_line(
    words, tmp_path, capsys
):
    (tmp_path / "my_train.py.broken").write_text("normal llf")
    line = _error(capsys, *words, "--hours=1")
    assert line == (
        "seal_tf: the first run failed: my_train: no memory for normal"
    )
