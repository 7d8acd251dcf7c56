"""The first batches of a fit, copied."""

import pytest
from keras import ops

from seal_tf.ascent_scale.batch_capture import BatchCapture
from seal_tf.backends.base import CAPTURED_BATCH


class _Control:
    captures_batches = False


def _run(capture, batches):
    """Call the wrapper for each batch; return all logs."""
    return [
        capture._without_batch({"loss": 1, CAPTURED_BATCH: batch})
        for batch in batches
    ]


def _batches(count, size=16):
    return [
        (
            {"a": ops.full((size, 3), float(i))},
            ops.full((size,), i, dtype="int32"),
        )
        for i in range(count)
    ]


def test_capture_concatenates_the_first_batches_in_their_structure():
    control = _Control()
    capture = BatchCapture(control, 2, lambda size: 100)
    assert control.captures_batches
    logs = _run(capture, _batches(3))
    assert logs == [{"loss": 1}] * 3
    x, y = capture.data
    assert x["a"][:, 0].tolist() == [0] * 16 + [1] * 16
    assert y.tolist() == [0] * 16 + [1] * 16
    assert not control.captures_batches


@pytest.mark.parametrize(("limit", "images"), [(1, 32), (40, 32), (100, 48)])
def test_capture_copies_whole_batches_within_the_limit(limit, images):
    sizes = []
    capture = BatchCapture(
        _Control(), 3, lambda size: sizes.append(size) or limit
    )
    _run(capture, _batches(3))
    assert len(capture.data[1]) == images
    # Three float32 numbers an image.
    assert set(sizes) == {12}


def test_capture_of_a_large_batch_keeps_its_first_images():
    capture = BatchCapture(_Control(), 2, lambda size: 50)
    _run(capture, _batches(2, size=200))
    assert capture.data[0]["a"].shape == (50, 3)
    assert len(capture.data[1]) == 50


def test_capture_after_its_last_batch_leaves_logs_unchanged():
    capture = BatchCapture(_Control(), 1, lambda size: 100)
    logs = {"loss": 2}
    assert capture._without_batch(logs) is logs
    assert capture.data is None


@pytest.mark.tensorflow
def test_capture_of_strings_names_the_argument():
    import tensorflow as tf

    capture = BatchCapture(_Control(), 1, lambda size: 100)
    batch = (tf.constant(["a"]), tf.constant([1]))
    with pytest.raises(ValueError, match=r"numeric.*string.*`probe_data="):
        _run(capture, [batch])
