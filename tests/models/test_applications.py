"""Networks of `keras.applications`."""

import keras
import numpy as np

from seal_tf.models.applications import build_application


def test_build_application_with_rescaling_disables_it():
    model = build_application("EfficientNetB0", (64, 64, 3), 5)
    assert model.output_shape == (None, 5)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Rescaling):
            assert (layer.scale, layer.offset) == (1.0, 0.0)


def test_build_application_outputs_logits():
    model = build_application("MobileNetV2", (32, 32, 3), 5)
    outputs = model(np.ones((1, 32, 32, 3), "f4"))
    assert abs(float(keras.ops.sum(outputs)) - 1) > 1e-3
