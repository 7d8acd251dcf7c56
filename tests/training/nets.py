"""Small networks of every kind that Keras has, and data for them."""

import keras
import numpy as np
from keras import layers


def data(count=48, width=6, classes=3, seed=0):
    """Return (x, y): random inputs and labels of a linear rule."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, width)).astype("float32")
    y = (x @ rng.normal(size=(width, classes))).argmax(1)
    return x, y


def functional(width=6, classes=3):
    inputs = keras.Input((width,))
    h = layers.Dense(8, name="first")(inputs)
    h = layers.BatchNormalization(name="norm")(h)
    h = layers.ReLU()(h)
    h = layers.Dense(8, activation="relu", name="second")(h)
    outputs = layers.Dense(classes, activation="softmax", name="third")(h)
    return keras.Model(inputs, outputs)


def sequential(built=True):
    model = keras.Sequential(
        [
            layers.Dense(8, activation="relu", name="first"),
            layers.BatchNormalization(name="norm"),
            layers.Dense(8, activation="relu", name="second"),
            layers.Dense(3, activation="softmax", name="third"),
        ]
    )
    if built:
        model.build((None, 6))
    return model


class Subclassed(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.first = layers.Dense(8, activation="relu", name="first")
        self.norm = layers.BatchNormalization(name="norm")
        self.second = layers.Dense(8, activation="relu", name="second")
        self.third = layers.Dense(3, activation="softmax", name="third")

    def call(self, x, training=False):
        h = self.norm(self.first(x), training=training)
        return self.third(self.second(h))


class WithToken(keras.Model):
    """A model of three layers with a weight of its own."""

    def __init__(self, classes=3):
        super().__init__(name="tokens")
        self.a = keras.layers.Dense(8, name="a")
        self.b = keras.layers.Dense(8, name="b")
        self.c = keras.layers.Dense(classes, name="c")

    def build(self, input_shape):
        self.token = self.add_weight(shape=(8,), name="token")
        self.a.build(input_shape)
        self.b.build((None, 8))
        self.c.build((None, 8))

    def call(self, x):
        return self.c(self.b(self.a(x) + self.token))


def nested():
    inputs = keras.Input((6,))
    h = layers.Dense(8, activation="relu", name="first")(inputs)
    h = layers.BatchNormalization(name="norm")(h)
    backbone = keras.Model(inputs, h, name="backbone")
    return keras.Sequential(
        [
            keras.Input((6,)),
            backbone,
            layers.Dense(8, activation="relu", name="second"),
            layers.Dense(3, activation="softmax", name="third"),
        ]
    )


KINDS = {
    "functional": functional,
    "sequential": sequential,
    "unbuilt sequential": lambda: sequential(built=False),
    "subclassed": Subclassed,
    "nested": nested,
}


def compiled(model, optimizer="adam", **kwargs):
    model.compile(
        optimizer,
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        **kwargs,
    )
    return model


def blocks(classes=4, activation="relu", norm=True):
    """Return five convolutions with norms, named like residual blocks.

    TensorFlow traces it in a fraction of a second, so that a suite over every
    method and composition stays short.

    Args:
        classes: Number of classes.
        activation: Name of the activation in Keras.
        norm: Whether the model has BatchNormalization.
    """
    x = inputs = keras.Input((8, 8, 1))
    names = ("conv1", *(f"conv{n}_block1" for n in (2, 3, 4, 5)))
    for i, name in enumerate(names):
        x = layers.Conv2D(
            8,
            3,
            strides=2 if i in (2, 4) else 1,
            padding="same",
            use_bias=False,
            kernel_initializer="he_normal",
            name=f"{name}_conv",
        )(x)
        if norm:
            x = layers.BatchNormalization(momentum=0.8, name=f"{name}_bn")(x)
        x = layers.Activation(activation, name=f"{name}_out")(x)
    x = layers.GlobalAveragePooling2D()(x)
    outputs = layers.Dense(
        classes, kernel_initializer="he_normal", name="predictions"
    )(x)
    return keras.Model(inputs, outputs)


class WholeBatches(keras.utils.PyDataset):
    """Batches [batches, images, ...] in their order, on any backend."""

    def __init__(self, *arrays):
        super().__init__()
        self._arrays = arrays

    def __len__(self):
        return len(self._arrays[0])

    def __getitem__(self, index):
        return tuple(array[index] for array in self._arrays)
