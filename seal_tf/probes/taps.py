"""Select the layers whose activations become features, and pool them."""

from __future__ import annotations

import contextlib
import dataclasses
import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from seal_tf.utils.patching import AttributePatcher

#: Fewest blocks or layers that make a usable set of taps.
MIN_TAPS = 4
#: Predefined sets of taps.
TAP_SETS = ("blocks", "stages", "penultimate")


@dataclasses.dataclass(frozen=True)
class TapSettings:
    """Which taps an export has, and how their activations are pooled.

    Args:
        names: Names as in `select_taps`.
        pool_size: Bins on each side of a pooled feature map; see
            `pool_activation`.
    """

    names: tuple[str, ...] = ("blocks",)
    pool_size: int = 2


@dataclasses.dataclass(frozen=True)
class Tap:
    """A place in a network whose activation becomes a feature.

    Args:
        name: Name of the feature.
        layer: The Keras layer; None for the output of the model.
        side: "output" or "input" of the layer.
        shape: Shape of one image's activation.
    """

    name: str
    layer: keras.layers.Layer | None
    side: str
    shape: tuple[int | None, ...]


class _Call(NamedTuple):
    """The last call of a layer in a forward pass."""

    name: str
    layer: keras.layers.Layer
    input: Any
    output: tf.Tensor


def select_taps(
    model: keras.Model,
    image_shape: Sequence[int],
    names: Iterable[str] = ("blocks",),
) -> list[Tap]:
    """Select taps of a model, in forward order.

    Residual blocks are layers named `…_out`, or `Add` layers. A network with
    fewer than four of either has up to eight of its feature maps as taps,
    evenly spaced. Layers of nested and of subclassed models count.

    Args:
        model: A Keras model of images.
        image_shape: (height, width, channels) of its input.
        names: "blocks": every block and the penultimate features; "stages":
            the last block of each resolution and the penultimate features;
            "penultimate": the input of the classifier, or the output of a
            network without one; for several outputs, the input of the last
            classifier. Any other name is a layer's name or path, or
            a regular expression that matches the whole name.

    Returns:
        The taps.

    Raises:
        ValueError: A name or pattern matches no layer, or "penultimate" of a
            model with several outputs and no classifier was requested.
    """
    names = tuple(names)
    outputs, calls = _trace_calls(model, image_shape)
    by_name = {
        call.name: Tap(
            call.name, call.layer, "output", tuple(call.output.shape[1:])
        )
        for call in calls
    }
    selected: list[Tap] = []
    for name in names:
        if name in ("blocks", "stages"):
            blocks = _block_names(calls)
            if name == "stages":
                blocks = _last_of_stages(blocks, by_name)
            selected += [by_name[block] for block in blocks]
        elif name != "penultimate":
            selected += [by_name[match] for match in _matches(name, by_name)]
    order = list(by_name)
    # Two patterns may match one layer.
    unique = {tap.name: tap for tap in selected}
    taps = sorted(unique.values(), key=lambda tap: order.index(tap.name))
    if set(names) & set(TAP_SETS):
        taps.append(_penultimate_tap(outputs, calls))
    return taps


def run_with_taps(
    model: keras.Model, taps: Sequence[Tap], images: np.ndarray | tf.Tensor
) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
    """Run a forward pass in inference mode and record the taps.

    Args:
        model: The model that the taps were selected from.
        taps: The taps.
        images: [images, height, width, channels], as the model expects them.

    Returns:
        (outputs of the model, activations by name of the tap).
    """
    layers = [tap.layer for tap in taps if tap.layer is not None]
    with _record_calls(layers) as calls:
        outputs = model(images, training=False)
    positions = {"input": 0, "output": 1}
    return outputs, {
        tap.name: outputs
        if tap.layer is None
        else calls[id(tap.layer)][positions[tap.side]]
        for tap in taps
    }


@contextlib.contextmanager
def _record_calls(
    layers: Iterable[keras.layers.Layer],
) -> Iterator[dict[int, tuple[Any, Any]]]:
    """Patch `call` of layers to record (input, output) of their last call.

    `keras.Model(inputs, inner)` is no alternative: a graph of symbolic
    outputs reaches neither into a nested model nor into a subclassed one.
    """
    calls: dict[int, tuple[Any, Any]] = {}
    # A layer may have a `call` of its own, which stays.
    patcher = AttributePatcher()

    def patch(layer: keras.layers.Layer) -> None:
        original = layer.call

        def recording_call(*args: object, **kwargs: object) -> object:
            result = original(*args, **kwargs)
            # Removing the old entry keeps the order of the last calls.
            calls.pop(id(layer), None)
            first = args[0] if args else next(iter(kwargs.values()), None)
            calls[id(layer)] = (first, result)
            return result

        patcher.patch(layer, "call", recording_call)

    unique = list({id(layer): layer for layer in layers}.values())
    try:
        for layer in unique:
            patch(layer)
        yield calls
    finally:
        patcher.restore()


def _trace_calls(
    model: keras.Model, image_shape: Sequence[int]
) -> tuple[tf.Tensor, list[_Call]]:
    """Trace a forward pass; return the outputs and the layers' calls."""
    layers = {id(layer): layer for layer in _layers_and_sums(model)}
    outputs: Any = None
    calls: dict[int, tuple[Any, Any]] = {}

    @tf.function(
        input_signature=[tf.TensorSpec((None, *image_shape), tf.float32)]
    )
    def forward(images: tf.Tensor) -> tf.Tensor:
        nonlocal outputs, calls
        with _record_calls(layers.values()) as recorded:
            outputs = model(images, training=False)
        calls = recorded
        return outputs

    forward.get_concrete_function()
    paths = _layer_paths(model)
    tensors = [
        (layers[key], first, out)
        for key, (first, out) in calls.items()
        if tf.is_tensor(out) and out.shape.rank and out.shape.rank >= 2
    ]
    names = [layer.name for layer, _, _ in tensors]
    return outputs, [
        _Call(
            layer.name
            if names.count(layer.name) == 1
            else paths.get(id(layer), getattr(layer, "path", layer.name)),
            layer,
            first,
            out,
        )
        for layer, first, out in tensors
    ]


def _layers_and_sums(model: keras.Model) -> list[Any]:
    """Return all layers, and sums that are written as x + y.

    Layers inside an attention layer are excluded, because their activations
    are neither feature maps nor outputs of blocks.
    """
    operations: list[Any] = []
    excluded: set[int] = set()
    for layer in (model, *model._flatten_layers(include_self=False)):
        if id(layer) in excluded:
            continue
        if "Attention" in type(layer).__name__:
            excluded |= {
                id(inner) for inner in layer._flatten_layers(include_self=False)
            }
        if layer is not model and not isinstance(
            layer, keras.layers.InputLayer
        ):
            operations.append(layer)
        operations += [
            operation
            for operation in getattr(layer, "operations", ())
            if not isinstance(operation, keras.Layer) and _is_sum(operation)
        ]
    return operations


def _is_sum(operation: object) -> bool:
    return type(operation).__name__ == "Add"


def _weights(operation: object) -> list[Any]:
    return getattr(operation, "weights", [])


def _layer_paths(
    model: keras.Model, parents: tuple[str, ...] = ()
) -> dict[int, str]:
    """Return "outer/inner" of the layers of nested models, by `id`."""
    paths: dict[int, str] = {}
    for layer in getattr(model, "layers", ()):
        paths[id(layer)] = "/".join((*parents, layer.name))
        if isinstance(layer, keras.Model):
            paths |= _layer_paths(layer, (*parents, layer.name))
    return paths


def _block_names(calls: Sequence[_Call]) -> list[str]:
    maps = [call for call in calls if call.output.shape.rank == 4]
    sums = [call for call in calls if _is_sum(call.layer)]
    for names in (
        [call.name for call in maps if call.name.endswith("_out")],
        [call.name for call in sums if call.output.shape.rank == 4],
        # Blocks of a transformer: [batch, tokens, channels].
        [call.name for call in sums if call.output.shape.rank == 3],
        _evenly_spaced(
            [
                call.name
                for call in maps
                if _weights(call.layer)
                and not isinstance(call.layer, keras.Model)
            ],
            8,
        ),
    ):
        if len(names) >= MIN_TAPS:
            return names
    # The network has no feature maps: take layers with weights, except the
    # last, which computes the network's output.
    weighted = [
        call.name
        for call in calls
        if _weights(call.layer) and not isinstance(call.layer, keras.Model)
    ]
    return _evenly_spaced(weighted[:-1], 8)


def _evenly_spaced(names: list[str], count: int) -> list[str]:
    if len(names) <= count:
        return names
    return [names[(i + 1) * len(names) // count - 1] for i in range(count)]


def _last_of_stages(
    blocks: Sequence[str], by_name: Mapping[str, Tap]
) -> list[str]:
    """Return the last block of each resolution."""
    last = {by_name[name].shape[:-1]: name for name in blocks}
    return [name for name in blocks if name in last.values()]


def _penultimate_tap(outputs: tf.Tensor, calls: Sequence[_Call]) -> Tap:
    weighted = [
        call
        for call in calls
        if any(len(w.shape) > 1 for w in _weights(call.layer))
        and not isinstance(call.layer, keras.Model)
    ]
    if weighted:
        call = weighted[-1]
        if call.output.shape.rank == 2 and tf.is_tensor(call.input):
            shape = tuple(call.input.shape[1:])
            return Tap("penultimate", call.layer, "input", shape)
    if not tf.is_tensor(outputs):
        raise ValueError(
            "Argument `taps` must be names of layers for a model with several "
            "outputs, the last of which does not come from a dense layer."
        )
    return Tap("penultimate", None, "output", tuple(outputs.shape[1:]))


def _matches(pattern: str, by_name: Mapping[str, Tap]) -> list[str]:
    try:
        names = [name for name in by_name if re.fullmatch(pattern, name)]
    except re.error as error:
        raise ValueError(
            "Argument `taps` must be names or regular expressions "
            f"({error}). Received: taps={pattern}."
        ) from error
    if not names:
        similar = difflib.get_close_matches(pattern, by_name, 3, 0.4)
        raise ValueError(
            "Argument `taps` must match names of layers, or be one of "
            f"{', '.join(TAP_SETS)}. Received: taps={pattern}"
            + (f"; did you mean {' or '.join(similar)}?" if similar else ".")
        )
    return names


def pool_activation(
    activation: np.ndarray | tf.Tensor, size: int = 2
) -> tf.Tensor:
    """Average an activation to size x size bins and flatten it.

    Bin i of n spans floor(i * n / size) to ceil((i + 1) * n / size), as in
    PyTorch's adaptive average pooling.

    Args:
        activation: [batch, height, width, channels]. [batch, tokens,
            channels] is averaged over the tokens; any other rank is only
            flattened.
        size: Bins on each side.

    Returns:
        float32 [batch, size * size * channels], in row-major order.
    """
    activation = tf.cast(activation, tf.float32)
    if activation.shape.rank == 3:
        return tf.reduce_mean(activation, axis=1)
    if activation.shape.rank != 4:
        return tf.reshape(activation, [tf.shape(activation)[0], -1])
    bins = [
        tf.reduce_mean(activation[:, y0:y1, x0:x1], axis=[1, 2])
        for y0, y1 in _bin_edges(activation.shape[1], size)
        for x0, x1 in _bin_edges(activation.shape[2], size)
    ]
    return tf.concat(bins, axis=-1)


def _bin_edges(length: int, count: int) -> list[tuple[int, int]]:
    return [
        (i * length // count, -(-(i + 1) * length // count))
        for i in range(count)
    ]
