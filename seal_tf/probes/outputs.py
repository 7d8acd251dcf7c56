"""Determine what the outputs of a model are: probabilities, logits, values."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from seal_tf.probes.output_kinds import OUTPUT_KINDS

#: Losses of values, as `_loss_name` returns them.
_VALUE_LOSSES = re.compile(
    "mean(squared|absolute).*|mse|mae|mape|msle|huber|logcosh|poisson"
    "|cosinesimilarity"
)
#: Operations that pass their first input on.
_PASSING = ("Cast", "Identity", "IdentityN", "Reshape", "Squeeze", "ExpandDims")
#: Last operations of a network without a classifier.
_NOT_CLASSIFYING = (
    "AvgPool",
    "Elu",
    "Exp",
    "Max",
    "MaxPool",
    "Mean",
    "Relu",
    "Relu6",
    "Softplus",
    "Softsign",
    "Tanh",
)
#: The smallest normal float32, because a probability may be 0.
_TINY = 1.2e-38


@dataclasses.dataclass(frozen=True)
class ModelOutputs:
    """The outputs of a model.

    Args:
        kind: One of `OUTPUT_KINDS`; None for a single output that is no
            vector, such as feature maps.
        source: What determined the kind: "argument", "layers", "loss",
            "classes" or "assumption".
        shapes: Shape of each output without the batch, by name. A single
            output has the name "outputs".
        kinds: Kind of each output, by name.
    """

    kind: str | None
    source: str
    shapes: Mapping[str, tuple[int | None, ...]]
    kinds: Mapping[str, str | None]

    @property
    def class_count(self) -> int | None:
        """Number of classes; None without a classifier."""
        if self.kind in (None, "values", "multiple"):
            return None
        (shape,) = self.shapes.values()
        return shape[-1]

    def describe(self) -> dict[str, Any]:
        """Return what `card.json` reports of the outputs."""
        if self.kind is None:
            return {}
        entries: dict[str, Any] = {
            "output_kind": self.kind,
            "output_kind_source": self.source,
        }
        if self.kind == "multiple":
            entries["outputs"] = {
                name: {"shape": list(shape), "kind": self.kinds[name]}
                for name, shape in self.shapes.items()
            }
        return entries

    def serve(self, outputs: Any) -> dict[str, tf.Tensor]:
        """Return what an export serves.

        Args:
            outputs: What the model returns for a batch of images.

        Returns:
            What `model.predict` returns, under the name `probabilities`,
            `logits` or `outputs`, or under the name of each of several
            outputs. A softmax also has `logits`, the logarithm of the
            probabilities, and logits also have `probabilities`.
        """
        if self.kind == "multiple":
            leaves = keras.tree.flatten(outputs)
            return dict(zip(self.shapes, map(_to_float32, leaves), strict=True))
        values = _to_float32(keras.tree.flatten(outputs)[0])
        if self.kind == "softmax":
            return {"logits": log(values), "probabilities": values}
        if self.kind == "sigmoid":
            return {"probabilities": values}
        if self.kind == "logits":
            return {"logits": values, "probabilities": tf.nn.softmax(values)}
        if self.kind == "sigmoid_logits":
            return {"logits": values, "probabilities": tf.sigmoid(values)}
        return {"outputs": values}


def log(probabilities: tf.Tensor) -> tf.Tensor:
    """Return the logarithm of probabilities, which is finite for 0.

    Args:
        probabilities: float32, any shape.
    """
    return tf.math.log(tf.maximum(probabilities, _TINY))


def sample_images(image_shape: tuple[int, ...]) -> np.ndarray:
    """Return uint8 images of noise, on which outputs are determined.

    Args:
        image_shape: (height, width, channels).
    """
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (8, *image_shape), np.uint8)


def describe_outputs(
    model: keras.Model,
    inputs: np.ndarray | tf.Tensor,
    *,
    kind: str | None = None,
    loss: Any = None,
    has_classes: bool = False,
) -> ModelOutputs:
    """Determine the outputs of a model.

    In this order, these decide on the kind of a vector: `kind`; a sigmoid or
    a softmax at the end of the model; the loss; names of classes; and
    another activation or a pooling at the end. A vector of several linear
    outputs about which nothing else is known is assumed to be logits.

    Args:
        model: A Keras model.
        inputs: A batch of inputs that the model expects.
        kind: One of `OUTPUT_KINDS`. None determines it.
        loss: The loss that the model was compiled with, as an object, a name
            or Keras' serialized form; for several outputs also a dict or a
            list. None takes that of a compiled model.
        has_classes: Whether names of classes are known.

    Returns:
        The outputs.

    Raises:
        ValueError: `kind` is not accepted for this model.

    Example:
        >>> import keras, numpy as np
        >>> from seal_tf.probes.outputs import describe_outputs
        >>> model = keras.Sequential(
        ...     [keras.Input((4,)), keras.layers.Dense(3, "sigmoid")])
        >>> describe_outputs(model, np.zeros((1, 4))).kind
        'sigmoid'
    """
    loss = getattr(model, "loss", None) if loss is None else loss
    # The first call builds a subclassed model, which tracing cannot.
    outputs = model(inputs, training=False)
    arrays = [np.asarray(leaf) for leaf in keras.tree.flatten(outputs)]
    operations = _last_operations(model, inputs)
    names = _output_names(model, outputs)
    shapes = {
        name: array.shape[1:] for name, array in zip(names, arrays, strict=True)
    }
    is_single = len(arrays) == 1
    _check_kind(kind, model, arrays)
    kinds: dict[str, tuple[str | None, str]] = {
        name: (kind, "argument")
        if kind and is_single
        else _infer_kind(
            array, operation, _loss_of(loss, name, index), has_classes
        )
        for index, (name, array, operation) in enumerate(
            zip(names, arrays, operations, strict=True)
        )
    }
    if is_single:
        single, source = kinds[names[0]]
        return ModelOutputs(single, source, shapes, {names[0]: single})
    # Nothing is computed from one of several outputs, so none is assumed.
    by_name = {
        name: "values" if source == "assumption" else inferred
        for name, (inferred, source) in kinds.items()
    }
    return ModelOutputs("multiple", "layers", shapes, by_name)


def outputs_probabilities(
    model: keras.Model, inputs: np.ndarray | tf.Tensor
) -> bool:
    """Return whether a model outputs a distribution over its classes.

    The function checks the output, because a softmax may be a layer, an
    activation or an operation, also before a cast.

    Args:
        model: A Keras model.
        inputs: A batch of inputs that the model expects.
    """
    return _is_distribution(np.asarray(model(inputs, training=False)))


def _is_distribution(outputs: np.ndarray) -> bool:
    outputs = outputs.astype(np.float64)
    if outputs.ndim != 2 or not np.isfinite(outputs).all():
        return False
    # The tolerance allows for half precision, which rounds each term.
    return bool((outputs >= 0).all() and (abs(outputs.sum(1) - 1) < 0.01).all())


def _infer_kind(
    outputs: np.ndarray, operation: str, loss: Any, has_classes: bool
) -> tuple[str | None, str]:
    """Return (kind, source) of one output; the kind of feature maps is None."""
    if outputs.ndim > 2:
        return None, "layers"
    width = outputs.shape[1] if outputs.ndim == 2 else 1
    if operation == "Sigmoid":
        return "sigmoid", "layers"
    if operation == "Softmax" or (width > 1 and _is_distribution(outputs)):
        return "softmax", "layers"
    name, from_logits = _describe_loss(loss)
    if "binary" in name or name == "bce":
        return "sigmoid_logits" if from_logits else "sigmoid", "loss"
    if _VALUE_LOSSES.fullmatch(name):
        return "values", "loss"
    if width > 1 and "categorical" in name:
        return "logits", "loss"
    if width > 1 and has_classes:
        return "logits", "classes"
    if width == 1 or operation in _NOT_CLASSIFYING:
        return "values", "layers"
    if "Call" in operation and ((outputs >= 0) & (outputs <= 1)).all():
        # The model ends in a function whose operations are not visible.
        return "sigmoid", "assumption"
    return "logits", "assumption"


def _check_kind(
    kind: str | None, model: keras.Model, arrays: list[np.ndarray]
) -> None:
    accepted = [
        name
        for name in OUTPUT_KINDS
        if (name == "multiple") == (len(arrays) > 1)
        and (name in ("values", "multiple") or arrays[0].ndim == 2)
    ]
    if kind is not None and kind not in accepted:
        raise ValueError(
            f"Argument `output_kind` must be {' or '.join(accepted)} for "
            f"{model.name}, whose output shapes are "
            f"{[array.shape[1:] for array in arrays]}. Received: "
            f"output_kind={kind}."
        )


def _output_names(model: keras.Model, outputs: Any) -> list[str]:
    """Return a name for each output, in the order of `keras.tree.flatten`."""
    leaves = keras.tree.flatten(outputs)
    if len(leaves) == 1:
        return ["outputs"]
    if isinstance(outputs, Mapping):
        paths = keras.tree.flatten_with_path(outputs)
        names = ["_".join(map(str, path)) for path, _ in paths]
    else:
        names = list(getattr(model, "output_names", None) or [])
    if len(set(names)) != len(leaves):
        names = [f"output_{i}" for i in range(len(leaves))]
    return names


def _last_operations(
    model: keras.Model, inputs: np.ndarray | tf.Tensor
) -> list[str]:
    """Return the type of the TensorFlow operation behind each output.

    The graph shows it for every kind of model, nested and subclassed ones
    included. Casts and reshapes do not count.
    """
    inputs = tf.convert_to_tensor(inputs)

    @tf.function(
        autograph=False,
        input_signature=[
            tf.TensorSpec((None, *inputs.shape[1:]), inputs.dtype)
        ],
    )
    def forward(batch: tf.Tensor) -> list[tf.Tensor]:
        return keras.tree.flatten(model(batch, training=False))

    types = []
    for tensor in forward.get_concrete_function().outputs:
        while tensor.op.type in _PASSING:
            index = tensor.value_index if tensor.op.type == "IdentityN" else 0
            tensor = tensor.op.inputs[index]
        types.append(tensor.op.type)
    return types


def _loss_of(loss: Any, name: str, index: int) -> Any:
    """Return the loss of one output."""
    if isinstance(loss, Mapping) and "class_name" not in loss:
        return loss.get(name)
    if isinstance(loss, list | tuple):
        return loss[index] if index < len(loss) else None
    return loss


def _describe_loss(loss: Any) -> tuple[str, bool]:
    """Return (name without underscores in lower case, from_logits)."""
    name: Any = loss
    config: Any = {}
    if isinstance(loss, Mapping):
        name, config = loss.get("class_name"), loss.get("config") or {}
        if name == "function":
            name, config = config, {}
    elif isinstance(loss, keras.losses.Loss):
        name, config = type(loss).__name__, loss.get_config()
    elif callable(loss):
        name = getattr(loss, "__name__", "")
    name = str(name or "").replace("_", "").lower()
    return name, isinstance(config, Mapping) and bool(config.get("from_logits"))


def _to_float32(outputs: tf.Tensor) -> tf.Tensor:
    """Return floats as float32; other dtypes do not change."""
    return (
        tf.cast(outputs, tf.float32) if outputs.dtype.is_floating else outputs
    )
