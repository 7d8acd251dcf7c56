"""Where a network is tapped, and how what is found there is pooled."""

from __future__ import annotations

import contextlib
import dataclasses
import difflib
import re

import keras
import tensorflow as tf

LEAST = 4
#: Ready sets, by the name that `--taps` knows them by.
SETS = ("blocks", "stages", "penultimate")


@dataclasses.dataclass(frozen=True)
class Tap:
    """One place of a network.

    Args:
        name: What the feature is called.
        layer: The Keras layer; None for the model's own output.
        side: "output" or "input" of that layer.
        shape: Of one image's activation.
    """

    name: str
    layer: keras.layers.Layer | None
    side: str
    shape: tuple[int | None, ...]


def choose(model, image_shape, wanted=("blocks",)) -> list[Tap]:
    """The taps of a model, in forward order.

    Residual blocks are found by their name (`…_out`) or as `Add` layers; a
    network with fewer than four of either is tapped at up to eight of its
    feature maps, evenly. Layers of nested and of subclassed models count.

    Args:
        model: A Keras model of images.
        image_shape: (height, width, channels) of its input.
        wanted: "blocks": every block and the penultimate; "stages": the last
            block of each resolution and the penultimate; "penultimate": what
            the classifier is given, or the output of a network without one.
            Anything else is a layer's name or path, or a regular expression
            that matches all of one.

    Raises:
        ValueError: a name or pattern fits no layer.
    """
    outputs, seen = _trace(model, image_shape)
    by_name = {
        name: Tap(name, layer, "output", tuple(out.shape[1:]))
        for name, layer, _, out in seen
    }
    chosen = []
    for word in wanted:
        if word in ("blocks", "stages"):
            blocks = _blocks(seen)
            names = blocks if word == "blocks" else _stages(blocks, by_name)
            chosen += [by_name[name] for name in names]
        elif word != "penultimate":
            chosen += [by_name[name] for name in _matching(word, by_name)]
    order = list(by_name)
    # A dict, since two patterns may fit one layer.
    once = {tap.name: tap for tap in chosen}
    taps = sorted(once.values(), key=lambda tap: order.index(tap.name))
    if set(wanted) & set(SETS):
        taps.append(_penultimate(outputs, seen))
    return taps


def run(model, taps, images):
    """A forward pass in inference mode.

    Returns:
        (the model's outputs, the activations by name of the tap).
    """
    with _recorded([t.layer for t in taps if t.layer is not None]) as found:
        outputs = model(images, training=False)
    sides = {"input": 0, "output": 1}
    return outputs, {
        tap.name: outputs
        if tap.layer is None
        else found[id(tap.layer)][sides[tap.side]]
        for tap in taps
    }


@contextlib.contextmanager
def _recorded(layers):
    """Lends layers a `call` that keeps (input, output) of its last call.

    A graph of symbolic outputs would not do: `keras.Model(inputs, inner)`
    reaches neither into a nested model nor into a subclassed one.
    """
    found = {}

    def lend(layer):
        call = layer.call

        def recording(*args, **kwargs):
            result = call(*args, **kwargs)
            # Popped, so that the dict is in the order of the last calls.
            found.pop(id(layer), None)
            given = args[0] if args else next(iter(kwargs.values()), None)
            found[id(layer)] = (given, result)
            return result

        layer.call = recording

    layers = list({id(layer): layer for layer in layers}.values())
    try:
        for layer in layers:
            lend(layer)
        yield found
    finally:
        for layer in layers:
            if "call" in vars(layer):
                del layer.call


def _trace(model, image_shape):
    """Every layer's last call: (outputs, [(name, layer, input, output)])."""
    layers = {id(layer): layer for layer in _operations(model)}
    kept = {}

    @tf.function(
        input_signature=[tf.TensorSpec((None, *image_shape), tf.float32)]
    )
    def forward(images):
        with _recorded(layers.values()) as found:
            kept["outputs"] = model(images, training=False)
        kept["found"] = found
        return kept["outputs"]

    forward.get_concrete_function()
    if not tf.is_tensor(kept["outputs"]):
        raise ValueError(
            f"{model.name}: has several outputs; export a model of one."
        )
    paths = _paths(model)
    seen = [
        (layers[key], given, out)
        for key, (given, out) in kept["found"].items()
        if tf.is_tensor(out) and out.shape.rank and out.shape.rank >= 2
    ]
    names = [layer.name for layer, _, _ in seen]
    return kept["outputs"], [
        (
            layer.name
            if names.count(layer.name) == 1
            else paths.get(id(layer), getattr(layer, "path", layer.name)),
            layer,
            given,
            out,
        )
        for layer, given, out in seen
    ]


def _operations(model):
    """All layers, and sums that are written as x + y.

    The inside of an attention layer is left out: what flows there is neither
    a feature map nor a block's output.
    """
    found, hidden = [], set()
    for layer in (model, *model._flatten_layers(include_self=False)):
        if id(layer) in hidden:
            continue
        if "Attention" in type(layer).__name__:
            hidden |= {
                id(inner) for inner in layer._flatten_layers(include_self=False)
            }
        if layer is not model and not isinstance(
            layer, keras.layers.InputLayer
        ):
            found.append(layer)
        found += [
            operation
            for operation in getattr(layer, "operations", ())
            if not isinstance(operation, keras.Layer) and _is_sum(operation)
        ]
    return found


def _is_sum(operation):
    return type(operation).__name__ == "Add"


def _weights(operation):
    return getattr(operation, "weights", [])


def _paths(model, above=()):
    """ "outer/inner" of the layers of nested models, by `id`."""
    found = {}
    for layer in getattr(model, "layers", ()):
        found[id(layer)] = "/".join((*above, layer.name))
        if isinstance(layer, keras.Model):
            found |= _paths(layer, (*above, layer.name))
    return found


def _blocks(seen):
    maps = [
        (name, layer) for name, layer, _, out in seen if out.shape.rank == 4
    ]
    sums = [(n, out.shape.rank) for n, layer, _, out in seen if _is_sum(layer)]
    for chosen in (
        [n for n, _ in maps if n.endswith("_out")],
        [n for n, rank in sums if rank == 4],
        # Blocks of a transformer: [batch, tokens, channels].
        [n for n, rank in sums if rank == 3],
        _evenly(
            [
                n
                for n, layer in maps
                if _weights(layer) and not isinstance(layer, keras.Model)
            ],
            8,
        ),
    ):
        if len(chosen) >= LEAST:
            return chosen
    # No network of feature maps: any layers with weights, but for the last,
    # which gives the network's output.
    weighted = [
        n
        for n, layer, _, _ in seen
        if _weights(layer) and not isinstance(layer, keras.Model)
    ]
    return _evenly(weighted[:-1], 8)


def _evenly(layers, count):
    if len(layers) <= count:
        return layers
    return [layers[(i + 1) * len(layers) // count - 1] for i in range(count)]


def _stages(blocks, by_name):
    """The last block of each resolution."""
    last = {by_name[name].shape[:-1]: name for name in blocks}
    return [name for name in blocks if name in last.values()]


def _penultimate(outputs, seen):
    weighted = [
        (layer, given, out)
        for _, layer, given, out in seen
        if any(len(w.shape) > 1 for w in _weights(layer))
        and not isinstance(layer, keras.Model)
    ]
    if weighted:
        layer, given, out = weighted[-1]
        if out.shape.rank == 2 and tf.is_tensor(given):
            shape = tuple(given.shape[1:])
            return Tap("penultimate", layer, "input", shape)
    return Tap("penultimate", None, "output", tuple(outputs.shape[1:]))


def _matching(word, by_name):
    try:
        names = [name for name in by_name if re.fullmatch(word, name)]
    except re.error as error:
        raise ValueError(f"--taps={word}: no pattern ({error}).") from error
    if not names:
        near = difflib.get_close_matches(word, by_name, 3, 0.4)
        raise ValueError(
            f"--taps={word}: no layer of that name or pattern"
            + (f"; did you mean {' or '.join(near)}?" if near else "")
            + f". Sets: {', '.join(SETS)}."
        )
    return names


def pooled(activation, size: int = 2):
    """Adaptive average pooling to size x size, flattened, float32.

    As PyTorch's: bin i of n spans floor(i * n / size) to
    ceil((i + 1) * n / size).

    Args:
        activation: [batch, height, width, channels]. Of [batch, tokens,
            channels] the mean over the tokens is taken; anything else is
            only flattened.
        size: Bins a side.

    Returns:
        float32 [batch, size * size * channels], rows first.
    """
    activation = tf.cast(activation, tf.float32)
    if activation.shape.rank == 3:
        return tf.reduce_mean(activation, axis=1)
    if activation.shape.rank != 4:
        return tf.reshape(activation, [tf.shape(activation)[0], -1])
    cells = [
        tf.reduce_mean(activation[:, top:bottom, left:right], axis=[1, 2])
        for top, bottom in _bins(activation.shape[1], size)
        for left, right in _bins(activation.shape[2], size)
    ]
    return tf.concat(cells, axis=-1)


def _bins(length, count):
    return [
        (i * length // count, -(-(i + 1) * length // count))
        for i in range(count)
    ]
