"""The snapshot files of a plan."""

import pytest

from seal_tf.checkpoints.snapshots import (
    check_snapshots,
    snapshot_file,
    snapshot_files,
)
from seal_tf.schedules import Plan, Run, SaveSnapshot, Snapshots

PLAN = Plan(Snapshots(cycles=2), Run(8))


def test_snapshot_files_are_those_of_the_first_epochs(tmp_path):
    files = [tmp_path / f"snapshot_0{i}.keras" for i in (1, 2)]
    assert snapshot_file(tmp_path, SaveSnapshot(0)) == files[0]
    assert snapshot_files(PLAN, tmp_path) == files
    assert snapshot_files(PLAN, str(tmp_path), 4) == files[:1]
    assert snapshot_files(PLAN, tmp_path, 3) == []


def test_check_snapshots_with_missing_file_names_it(tmp_path):
    check_snapshots(PLAN, tmp_path, 3)
    with pytest.raises(ValueError, match="snapshot_01.keras: .* missing"):
        check_snapshots(PLAN, tmp_path, 4)
    (tmp_path / "snapshot_01.keras").touch()
    check_snapshots(PLAN, tmp_path, 7)
