"""Averaged weights of a run: validated and resumed."""

import pytest

from tests.cli.runs import epochs_of, error_of, run

SWA = ("--method=swa+snapshots", "--swa_count=2", "--epochs_per_generation=3")


@pytest.mark.slow
def test_resumed_run_has_the_average_of_the_whole(tmp_path):
    """The first command ends between two generations."""
    # The teacher of the second generation is restored, too.
    words = (*SWA, "--swa_average=generations")
    words += ("--method=swa+snapshots+distill",)
    assert run(tmp_path / "whole", *words) == 0
    assert run(tmp_path / "cut", *words, "--checkpoints_kept=9") == 0
    # Resume within the second generation.
    for file in (tmp_path / "cut" / "checkpoints").glob("epoch_*[56].npz"):
        file.unlink()
    (tmp_path / "cut" / "summary.json").unlink()
    assert run(tmp_path / "cut", *words, "--checkpoints_kept=9") == 0
    for a, b in zip(
        epochs_of(tmp_path / "whole"), epochs_of(tmp_path / "cut"), strict=True
    ):
        assert a["val_loss"] == b["val_loss"]
        assert a.get("averaged_val_loss") == b.get("averaged_val_loss")


def test_average_of_too_few_generations_is_one_line(tmp_path, capsys):
    words = ("--method=swa", "--swa_average=generations", "--generations=1")
    line = error_of(capsys, tmp_path / "run", *words)
    assert "averages at least 2 weights" in line
    assert not (tmp_path / "run").exists()
