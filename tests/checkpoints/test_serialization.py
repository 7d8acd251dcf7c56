"""States in files: round trip, damage, other formats."""

import io
import json
import zlib

import keras
import ml_dtypes
import numpy as np
import pytest

from seal_tf.checkpoints import serialization
from seal_tf.checkpoints.serialization import (
    FormatError,
    read_state,
    write_state,
)
from seal_tf.checkpoints.state import ModelState, RunState, restore_state
from tests.checkpoints.states import make_state, save_state
from tests.training import nets


def _round_trip(state):
    file = io.BytesIO()
    write_state(state, file)
    file.seek(0)
    return read_state(file)


@pytest.mark.parametrize(
    "dtype",
    [
        *("float32", "float16", "float64", "int64", "uint32", "bool"),
        *(ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn),
    ],
)
def test_read_state_returns_arrays_of_the_same_type_and_bytes(dtype):
    array = np.arange(6).reshape(2, 3).astype(dtype)
    parts = _round_trip(RunState(1, 2, {"a": {"x": array}})).parts
    result = parts["a"]["x"]
    assert result.dtype == array.dtype
    assert result.shape == (2, 3)
    assert result.tobytes() == array.tobytes()


def test_read_state_returns_nested_structures():
    parts = {
        "a": {
            "none": None,
            "text": "é",
            "numbers": [1, 2.5, True],
            "nested": {"deep": [{"x": np.float32([1, 2])}, [np.zeros(())]]},
            "empty": {"dict": {}, "list": [], "array": np.zeros((0, 3))},
        },
        "b": {"pair": (np.ones(1), np.zeros(2))},
    }
    state = _round_trip(RunState(3, 4, parts))
    assert state.position == (3, 4)
    a = state.parts["a"]
    assert a["none"] is None
    assert a["text"] == "é"
    assert a["numbers"] == [1, 2.5, True]
    np.testing.assert_array_equal(a["nested"]["deep"][0]["x"], [1, 2])
    assert a["nested"]["deep"][1][0].shape == ()
    assert a["empty"]["dict"] == {} and a["empty"]["list"] == []
    assert a["empty"]["array"].shape == (0, 3)
    # JSON has no tuples.
    assert [len(x) for x in state.parts["b"]["pair"]] == [1, 2]


def test_read_state_returns_strings_and_numbers_of_numpy():
    values = {
        "names": np.array(["cat", "é"]),
        "best": np.float32(0.5),
        "list": [np.int64(3), np.bool_(True)],
    }
    part = _round_trip(RunState(1, 0, {"mine": values})).parts["mine"]
    assert part["names"].tolist() == ["cat", "é"]
    assert part["best"] == 0.5
    assert part["list"] == [3, True]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (np.array([None]), "array of objects"),
        ({1: 2}, "dict whose keys are not all str"),
        ({3}, "set"),
    ],
)
def test_write_state_of_other_values_names_the_part(value, kind):
    state = RunState(1, 0, {"mine": {"x": [value]}})
    message = f"state of 'mine' must consist of .*Received: {kind}"
    with pytest.raises(ValueError, match=message):
        write_state(state, io.BytesIO())


def test_read_state_with_the_flag_of_encryption_is_damaged(tmp_path):
    file = tmp_path / "s.npz"
    save_state(file, make_state(3, 4))
    data = bytearray(file.read_bytes())
    # Flags of the first member in the central directory.
    data[data.index(b"PK\x01\x02") + 8] |= 1
    file.write_bytes(data)
    with pytest.raises(ValueError, match="damaged checkpoint"):
        read_state(file)


def test_read_state_of_damaged_file_raises_or_returns_the_same_state(tmp_path):
    file = tmp_path / "s.npz"
    save_state(file, make_state(3, 4))
    whole = file.read_bytes()
    expected = read_state(file)
    detected = 0
    for index in range(0, len(whole), 3):
        damaged = bytearray(whole)
        damaged[index] ^= 0x55
        file.write_bytes(damaged)
        try:
            state = read_state(file)
        except ValueError as error:
            assert "damaged checkpoint" in str(error)
            detected += 1
        else:
            assert state.position == expected.position
            np.testing.assert_array_equal(
                state.parts["model"]["variables"][0],
                expected.parts["model"]["variables"][0],
            )
    assert detected > len(whole) / 3 / 2


def test_read_state_of_truncated_file_names_it(tmp_path):
    file = tmp_path / "s.npz"
    save_state(file, make_state(3, 4))
    whole = file.read_bytes()
    for size in range(0, len(whole), 41):
        file.write_bytes(whole[:size])
        with pytest.raises(ValueError, match=r"s\.npz: damaged checkpoint"):
            read_state(file)


def test_read_state_of_missing_file_raises_os_error(tmp_path):
    with pytest.raises(OSError, match=r"nothing\.npz"):
        read_state(tmp_path / "nothing.npz")


def test_read_state_of_newer_format_names_both_versions(tmp_path, monkeypatch):
    file = tmp_path / "s.npz"
    monkeypatch.setattr(serialization, "FORMAT", 3)
    save_state(file, make_state(1))
    monkeypatch.undo()
    with pytest.raises(FormatError, match=r"s\.npz: .*version 3.*version 2"):
        read_state(file)


def test_read_state_of_the_first_format_names_both_versions(tmp_path):
    file = tmp_path / "s.npz"
    head = np.frombuffer(json.dumps({"epoch": 1}).encode(), np.uint8)
    np.savez(file, head=head, head_crc32=np.uint32(zlib.crc32(head)))
    with pytest.raises(FormatError, match="version 1.*version 2"):
        read_state(file)


def test_bfloat16_model_from_a_file_has_the_same_weights(tmp_path):
    keras.config.set_dtype_policy("bfloat16")
    model = nets.blocks()
    model.compile("sgd", "mse")
    parts = {"model": ModelState(model)}
    before = model.get_weights()
    state = RunState(1, 0, {"model": parts["model"].get_state()})
    save_state(tmp_path / "s.npz", state)
    for v in model.variables:
        v.assign(v * 0)
    restore_state(read_state(tmp_path / "s.npz"), parts)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
