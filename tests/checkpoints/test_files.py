"""The files that states are kept in: damage, which are kept, what fits."""

import errno
import warnings

import numpy as np
import pytest

from seal_tf.checkpoints import serialization
from seal_tf.checkpoints.state import model_variables
from seal_tf.checkpoints.variables import values
from tests.training import nets


def _state(epoch, step=0, size=100):
    arrays = {"model": [np.arange(size, dtype="float32")], "metrics": []}
    return checkpoint.State(epoch, step, 7, {"epochs": 9}, arrays)


def test_every_flipped_byte_is_found_or_harmless(tmp_path):
    file = tmp_path / "s.npz"
    checkpoint.write(file, _state(3, 4))
    whole = file.read_bytes()
    wanted = serialization.read_state(file)
    found = 0
    for at in range(0, len(whole), 3):
        damaged = bytearray(whole)
        damaged[at] ^= 0x55
        file.write_bytes(damaged)
        try:
            read = serialization.read_state(file)
        except ValueError as error:
            assert "damaged checkpoint" in str(error)
            found += 1
        else:
            assert read.position == wanted.position
            np.testing.assert_array_equal(
                read.arrays["model"][0], wanted.arrays["model"][0]
            )
    assert found > len(whole) / 3 / 2
    for size in range(0, len(whole), 41):
        file.write_bytes(whole[:size])
        with pytest.raises(ValueError, match="damaged checkpoint"):
            serialization.read_state(file)


def test_which_are_kept(tmp_path):
    kept = checkpoint.Checkpoints(tmp_path, retain=2)
    for position in [(0, 5), (1, 0), (2, 0), (2, 9), (3, 0), (4, 0)]:
        kept.save(_state(*position), milestones={2, 4})
    assert [p.name for p in sorted(tmp_path.iterdir())] == [
        "epoch_000002.npz",
        "epoch_000003.npz",
        "epoch_000004.npz",
    ]
    assert kept.newest().position == (4, 0)
    assert kept.newest(not_after=(3, 1)).position == (3, 0)
    kept.forget_after((2, 0))
    assert kept.newest().position == (2, 0)


def test_a_damaged_newest_one_falls_back(tmp_path):
    kept = checkpoint.Checkpoints(tmp_path, retain=1)
    kept.save(_state(1), milestones={1})
    kept.save(_state(2), milestones={1})
    (tmp_path / "epoch_000002.npz").write_bytes(b"PK")
    with pytest.warns(RuntimeWarning, match="epoch_000002.npz: damaged"):
        assert kept.newest().position == (1, 0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert kept.newest().position == (1, 0)
    kept.save(_state(1, 3), milestones={1})
    assert kept.newest().position == (1, 3)
    with pytest.MonkeyPatch.context() as patched:
        # The disk is away for a moment: that says nothing of the file.
        patched.setattr(checkpoint, "_bytes", _away)
        with pytest.raises(OSError, match="Stale file handle"):
            kept.newest()
    for file in tmp_path.glob("*.npz"):
        file.write_bytes(b"")
    for _ in range(2):
        with pytest.raises(ValueError, match="No checkpoint in .* is whole"):
            kept.newest()


def _away(path):
    raise OSError(errno.ESTALE, "Stale file handle", str(path))


def test_another_precision_is_refused():
    model = nets.compiled(nets.functional())
    model.optimizer.build(model.trainable_variables)
    arrays = {
        "model": values(weights(model)),
        "optimizer": values(slots(model)),
    }
    checkpoint.State(1, 0, 0, {}, arrays).check(model)
    arrays["model"][0] = arrays["model"][0].astype("float16")
    with pytest.raises(ValueError, match="another precision"):
        checkpoint.State(1, 0, 0, {}, arrays).check(model)
