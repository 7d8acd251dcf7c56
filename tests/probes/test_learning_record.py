"""Learning records."""

import numpy as np
import pytest

from seal_tf.probes import learning_record

ROWS = np.array([[0, 1, 0, 1, 0], [1, 0, 0, 1, 0], [1, 1, 0, 1, 1]], dtype=bool)


@pytest.fixture
def folder(tmp_path):
    """A record of three epochs."""
    for epoch, row in enumerate(ROWS):
        correct = {"train": row, "validation": ~row[:3]}
        learning_record.write_epoch(tmp_path, epoch, correct)
    return tmp_path


def test_read_record_returns_what_was_written(folder, tmp_path):
    record = learning_record.read_record(folder)
    np.testing.assert_array_equal(record["train"], ROWS)
    np.testing.assert_array_equal(record["validation"], ~ROWS[:, :3])
    assert learning_record.read_record(tmp_path / "none") is None


def test_read_record_with_damaged_or_missing_epoch_raises(folder):
    (folder / "epoch_000001.npz").write_bytes(b"no")
    with pytest.raises(ValueError, match="epoch_000001.npz: .* damaged"):
        learning_record.read_record(folder)
    (folder / "epoch_000001.npz").unlink()
    with pytest.raises(ValueError, match="must have 2 epochs"):
        learning_record.read_record(folder)


def test_first_correct_epoch_of_unlearned_image_is_the_number_of_epochs():
    assert learning_record.first_correct_epoch(ROWS).tolist() == [1, 0, 3, 0, 2]


def test_iteration_learned_ignores_epochs_before_the_last_error():
    assert learning_record.iteration_learned(ROWS).tolist() == [1, 2, 3, 0, 2]
