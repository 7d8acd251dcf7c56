"""Variables as arrays."""

import keras
import numpy as np
import pytest

from seal_tf.checkpoints import variables


def test_assign_of_values_restores_them():
    a, b = (
        keras.Variable([1.0, 2.0]),
        keras.Variable(3, dtype="int32", trainable=False),
    )
    arrays = variables.values([a, b])
    a.assign([0.0, 0.0])
    # The arrays are copies.
    assert arrays[0].tolist() == [1, 2]
    variables.assign([a, b], arrays)
    assert keras.ops.convert_to_numpy(a).tolist() == [1, 2]
    assert arrays[1].dtype == np.int32


def test_check_with_equal_shapes_and_types_passes():
    pair = [keras.Variable([1.0]), keras.Variable([1.0], dtype="bfloat16")]
    variables.check("model", pair, variables.values(pair))


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ([np.zeros(3, "float32")], "model .*1 variables.*another run"),
        ([np.zeros(2, "float32")] * 2, "2 variables.*the 1 variables"),
        ([np.zeros(2, "float16")], "float16.*float32.*another precision"),
    ],
)
def test_check_with_other_variables_raises(arrays, message):
    with pytest.raises(ValueError, match=message):
        variables.check("model", [keras.Variable([1.0, 2.0])], arrays)
