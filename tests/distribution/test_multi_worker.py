"""The training command on several machines, each a process on loopback."""

import signal

import keras
import numpy as np
import pytest

from tests.cli.runs import TINY, epochs_of, wait_for_epoch
from tests.distribution.machines import start_machines, wait_for_machines


def _weights(workdir):
    return keras.saving.load_model(workdir / "model.keras").get_weights()


def _check_similar(one, other, rel=1e-4):
    """Compare two runs to float tolerance, which a small rate allows."""
    for a, b in zip(epochs_of(one), epochs_of(other), strict=True):
        assert a["loss"] == pytest.approx(b["loss"], rel=rel)
        assert a["early_rate"] == b["early_rate"]
    for a, b in zip(_weights(one), _weights(other), strict=True):
        np.testing.assert_allclose(a, b, rtol=10 * rel, atol=rel)


#: The steps are so small that rounding switches no ReLU on or off.
SMALL_STEPS = (
    "--learning_rate=1e-4",
    "--ascent_scale=0.5",
    "--method=seal+snapshots",
)


@pytest.mark.slow
def test_two_machines_train(tmp_path):
    """The slow tests compare the results."""
    # All machines take part in the measurement of norms.
    words = (*SMALL_STEPS, "--batch_size=12", "--method=seal")
    words += ("--norms_every=1",)
    machines = start_machines(2, tmp_path / "w", *words)
    codes, errors = wait_for_machines(machines, seconds=300)
    assert codes == [0, 0], errors
    assert [e["epoch"] for e in epochs_of(tmp_path / "w")] == [0, 1, 2, 3]
    assert (tmp_path / "w" / "export" / "card.json").exists()


@pytest.mark.slow
def test_two_machines_with_teachers_and_averages_train_like_one(tmp_path):
    from seal_tf import train

    one, two = tmp_path / "one", tmp_path / "two"
    words = ("--learning_rate=1e-4", "--method=llf+snapshots+swa+distill")
    words += ("--swa_count=2", "--batch_size=12")
    assert train.main([*TINY, *words, f"--workdir={one}"]) == 0
    machines = start_machines(2, two, *words)
    codes, errors = wait_for_machines(machines, seconds=400)
    assert codes == [0, 0], errors
    _check_similar(one, two)
    averaged = [
        [e.get("averaged_val_loss", 0) for e in epochs_of(folder)]
        for folder in (one, two)
    ]
    assert averaged[0] == pytest.approx(averaged[1], rel=1e-3)
    assert averaged[0][1] > 0


@pytest.mark.slow
def test_two_machines_after_one_was_killed_resume_like_one_process(tmp_path):
    """The other machine stops with an error that gives the reason."""
    from seal_tf import train

    words = (*SMALL_STEPS, "--epochs_per_generation=15", "--batch_size=12")
    one, two = tmp_path / "one", tmp_path / "two"
    assert train.main([*TINY, *words, f"--workdir={one}"]) == 0
    machines = start_machines(2, two, *words)
    wait_for_epoch(machines[0], 16)
    machines[1].kill()
    codes, errors = wait_for_machines(machines, seconds=90)
    assert codes == [2, -9]
    assert "another machine has stopped or cannot be reached" in errors[0]
    assert "Traceback" not in errors[0]
    machines = start_machines(2, two, *words)
    codes, errors = wait_for_machines(machines, seconds=400)
    assert codes == [0, 0], errors
    # An ascent amplifies rounding errors.
    _check_similar(one, two, rel=2e-3)


@pytest.mark.slow
def test_three_machines_after_sigterm_to_one_stop_together_and_resume(
    tmp_path,
):
    """They save one more checkpoint before they end."""
    from seal_tf import train

    one, three = tmp_path / "one", tmp_path / "three"
    words = (*SMALL_STEPS, "--epochs_per_generation=30", "--batch_size=12")
    assert train.main([*TINY, *words, f"--workdir={one}"]) == 0
    machines = start_machines(3, three, *words)
    wait_for_epoch(machines[0], 34)
    machines[2].send_signal(signal.SIGTERM)
    codes, errors = wait_for_machines(machines, seconds=60)
    assert codes == [143] * 3
    assert "resume" in errors[0]
    machines = start_machines(3, three, *words)
    codes, errors = wait_for_machines(machines, seconds=400)
    assert codes == [0] * 3, errors
    # An ascent amplifies rounding errors, over 120 steps.
    _check_similar(one, three, rel=2e-3)
