"""Every tensor after every epoch, against the NumPy reference."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from seal_tf import SEALCallback, SEALModel
from seal_tf.optimizers import SGD
from tests import reference

G, E, K, S = 3, 4, 2, 0.05
BATCHES, BATCH = 8, 16


def _batches(dtype):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(BATCHES, BATCH, 6))
    onehot = np.eye(3)[rng.integers(0, 3, (BATCHES, BATCH))]
    return x.astype(dtype), onehot.astype(dtype)


def _model(dtype, cls):
    layers = keras.layers
    inputs = keras.Input((6,), dtype=dtype)
    h = inputs
    for i, units in enumerate((12, 10), 1):
        h = layers.Dense(units, dtype=dtype, name=f"dense{i}")(h)
        h = layers.BatchNormalization(
            momentum=reference.BN_MOMENTUM,
            epsilon=reference.EPSILON,
            dtype=dtype,
            name=f"bn{i}",
        )(h)
        h = layers.ReLU(dtype=dtype)(h)
    model = cls(inputs, layers.Dense(3, dtype=dtype, name="dense3")(h))
    rng = np.random.default_rng(1)
    for v in model.trainable_variables:
        v.assign(rng.normal(0.3 if "gamma" not in v.path else 1, 0.4, v.shape))
    return model


def _parameters(model):
    p = {}
    for i in (1, 2, 3):
        dense = model.get_layer(f"dense{i}")
        p[f"w{i}"], p[f"b{i}"] = dense.kernel, dense.bias
    for i in (1, 2):
        bn = model.get_layer(f"bn{i}")
        p[f"gamma{i}"], p[f"beta{i}"] = bn.gamma, bn.beta
        p[f"mean{i}"], p[f"var{i}"] = bn.moving_mean, bn.moving_variance
    return {n: v.numpy().astype("float64") for n, v in p.items()}


class _Record(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.epochs = []

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append(_parameters(self.model))


@pytest.fixture
def floatx(request):
    before = keras.config.floatx()
    keras.config.set_floatx(request.param)
    yield request.param
    keras.config.set_floatx(before)


MODES = {
    "graph": {},
    "xla": {"jit_compile": True},
    "eager": {"run_eagerly": True},
    "steps_per_execution": {"steps_per_execution": 4},
}


@pytest.mark.parametrize(
    "floatx,kind,mode,cls",
    [
        (floatx, kind, mode, keras.Model)
        for floatx, kind in (
            ("float32", "sgd"),
            ("float64", "sgd"),
            ("float64", "adam"),
        )
        for mode in MODES
    ]
    + [("float32", "sgd", "graph", SEALModel)],
    indirect=["floatx"],
)
def test_against_reference(floatx, kind, mode, cls):
    base = 0.1 if kind == "sgd" else 0.01
    x, onehot = _batches(floatx)
    model = _model(floatx, cls)
    start = _parameters(model)
    ours = SGD(1.0, 0.9, l2=5e-4) if kind == "sgd" else keras.optimizers.Adam()
    model.compile(
        ours,
        keras.losses.CategoricalCrossentropy(from_logits=True),
        **({"jit_compile": False} | MODES[mode]),
    )
    record = _Record()
    data = tf.data.Dataset.from_tensor_slices((x, onehot))
    model.fit(
        data,
        epochs=G * E,
        verbose=0,
        callbacks=[
            SEALCallback(
                generations=G,
                ascent_epochs=K,
                ascent_scale=S,
                split_at="dense2",
                learning_rate=base,
                warmup_epochs=1,
            ),
            record,
        ],
    )
    theirs = reference.SGD() if kind == "sgd" else reference.Adam()
    expected = reference.train(
        start,
        list(zip(x.astype("float64"), onehot.astype("float64"), strict=True)),
        theirs,
        generations=G,
        length=E,
        k=K,
        s=S,
        rate=lambda e: reference.rate_of(e, E, base, 1),
    )
    for epoch, (got, want) in enumerate(
        zip(record.epochs, expected, strict=True)
    ):
        for name, w in want.items():
            off = np.linalg.norm(got[name] - w) / np.linalg.norm(w)
            assert off <= 1e-5, f"{name} after epoch {epoch}: off by {off:.1e}"
