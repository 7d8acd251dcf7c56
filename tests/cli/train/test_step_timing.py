import re

import pytest

from seal_tf.cli.train.step_timing import StepTimes
from tests.cli.runs import run


def test_describe_estimates_the_run_without_the_first_step():
    times = StepTimes(first=9.0, step=0.5, validation=10.0)
    text = times.describe(epochs=6, steps=100, batch_size=32, validations=6)
    assert "0.5 s for a step of 32 images (64 images/s)" in text
    assert "6 epochs take about 6 min on this machine" in text
    assert "after 9 s for the first step" in text
    text = times.describe(epochs=6, steps=100, batch_size=32, validations=12)
    assert "6 epochs take about 7 min on this machine" in text


@pytest.mark.slow
def test_dry_run_measure_times_steps_and_writes_nothing(tmp_path, capsys):
    words = ["--method=snapshots", "--snapshots_cycles=2"]
    assert run(tmp_path / "dry", *words, "--dry_run=measure") == 0
    line = capsys.readouterr().out.splitlines()[-1]
    assert re.match(r"measured: [\d.]+ s for a step of 8 images", line)
    assert not (tmp_path / "dry").exists()
