"""The tools of the benchmarks; what they measure is not tested here."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks import gpu, profile, record, table
from benchmarks.turns import by_turns, interval

RESULTS = sorted(Path("docs/benchmarks").glob("*.json"))


def test_medians_of_ratios_within_a_turn():
    # The machine slows down by half in the middle: no ratio sees it.
    speeds = {"a": iter([9, 1, 1, 2, 2]), "b": iter([9, 3, 3, 6, 6])}
    sides = {n: (lambda s=s: float(next(s))) for n, s in speeds.items()}
    found = by_turns(sides, 4, warm_up=1)
    assert found["ratio"]["b"] == {
        "median": 3,
        "interval": [3, 3],
        "quartiles": [3, 3],
    }
    assert found["median_seconds"] == {"a": 1.5, "b": 4.5}


def test_every_second_turn_goes_the_other_way_round():
    order = []
    by_turns(
        {n: (lambda n=n: order.append(n)) for n in "abc"}, turns=3, warm_up=0
    )
    assert "".join(order) == "abccbaabc"


def test_a_side_may_say_its_own_seconds():
    def slow():
        time.sleep(0.01)
        return 1.0

    found = by_turns({"a": lambda: 2.0, "b": slow}, 5)
    assert found["ratio"]["b"]["median"] == 0.5


def test_interval_of_a_median():
    """Ranks of a binomial: 10 and 21 of 30 (of the sign test's tables)."""
    assert interval(range(1, 31)) == [10, 21]
    assert interval([3]) == [3, 3]


@pytest.mark.parametrize("path", RESULTS, ids=lambda p: p.stem)
def test_results_are_on_the_page(path):
    found = json.loads(path.read_text())
    assert {"command", "date", "machine", "versions", "rows"} <= set(found)
    assert path.stem in table.SECTIONS
    module = found["command"].split()[2].replace(".", "/")
    assert Path(f"{module}.py").exists()


def test_the_page_shows_what_the_files_say():
    """If this fails: python -m benchmarks.table"""
    text = table.PAGE.read_text()
    assert table.drawn() in text


def test_a_goal_that_is_missed_is_said():
    row = record.row("q", "a", 1.5, goal=1.02, note="noise")
    assert table._goal(row) == "≤ 1.02, **not met**; noise"
    row = record.row("q", "a", 1.5, goal=(">=", 0.9))
    assert table._goal(row) == "≥ 0.9"


def test_no_gpu_is_no_error():
    said = subprocess.run(
        [sys.executable, "-m", "benchmarks.gpu"],
        capture_output=True,
        text=True,
        env={"CUDA_VISIBLE_DEVICES": "-1", "PATH": ""},
    )
    assert said.returncode == 0, said.stderr
    assert said.stdout.strip() == "no GPU here: nothing to measure"


@pytest.mark.slow
def test_the_gpus_table_on_a_cpu(monkeypatch, capsys):
    words = "gpu --cpu --arch=small --batches=4 --turns=2"
    monkeypatch.setattr(sys, "argv", words.split())
    assert gpu.main() == 0
    said = capsys.readouterr().out
    for precision in gpu.PRECISIONS:
        for how in ("XLA off", "XLA on", "augmented on the device"):
            assert re.search(rf"{precision}.*{how}.* images/s", said)
    assert "the published run" in said


def test_peaks_are_found_by_the_cards_name():
    said = gpu._share("small", "NVIDIA H100 80GB HBM3", "TF32", 1e6)
    assert re.fullmatch(r"\d+\.\d% of its peak", said)
    assert gpu._share("small", "Some card", "TF32", 1) == "peak not known"


def test_a_profile_that_is_not_there(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["profile", str(tmp_path)])
    assert profile.main() == 2
    assert "--profile_steps" in capsys.readouterr().out
