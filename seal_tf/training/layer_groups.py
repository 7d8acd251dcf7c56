"""Divide a model into groups of layers, in forward order."""

from __future__ import annotations

import dataclasses
import difflib
import math
import numbers
import re
from collections.abc import Callable, Sequence

import keras

from seal_tf.training.call_order import has_static_order, record_call_order

#: Where early layers end; see `partition`.
SplitAt = str | float | Callable[[keras.layers.Layer], bool] | None


@dataclasses.dataclass(frozen=True)
class Leaf:
    """A layer at its position in the forward order.

    Args:
        layer: The Keras layer.
        names: Its own name and those of the models around it, innermost
            first. A split may use any of them.
        own: Its variables, without those of an earlier leaf.
    """

    layer: keras.layers.Layer
    names: tuple[str, ...]
    own: tuple[keras.Variable, ...]

    @property
    def path(self) -> str:
        """The names joined by "/", outermost first."""
        return "/".join(reversed(self.names))


@dataclasses.dataclass(frozen=True)
class Partition:
    """Groups of leaves in forward order.

    Args:
        names: Name of each group.
        early: For each group, whether its layers are early layers.
        leaves: For each group, its leaves.
    """

    names: tuple[str, ...]
    early: tuple[bool, ...]
    leaves: tuple[tuple[Leaf, ...], ...]

    def group_of(self) -> dict[int, int]:
        """Return the index of the group of each variable, by `id`."""
        return {
            id(variable): index
            for index, leaves in enumerate(self.leaves)
            for leaf in leaves
            for variable in leaf.own
        }

    def layer_of(self) -> dict[int, int]:
        """Return the index of the layer of each variable, by `id`.

        Layers count in the order of `layer_names()`, group by group.
        """
        weighted = [
            leaf for leaves in self.leaves for leaf in leaves if leaf.own
        ]
        return {
            id(variable): index
            for index, leaf in enumerate(weighted)
            for variable in leaf.own
        }

    def layer_names(self) -> tuple[tuple[str, ...], ...]:
        """Return the paths of the layers with weights, by group."""
        return tuple(
            tuple(leaf.path for leaf in leaves if leaf.own)
            for leaves in self.leaves
        )


def forward_order(
    model: keras.Model, calls: Sequence[keras.layers.Layer] = ()
) -> list[Leaf]:
    """Return all leaves of a model in forward order.

    Nested models are expanded, and shared layers occur once. The `layers` of
    a Functional model are sorted by depth, so each layer follows its inputs.
    The layers of a subclassed model have the order of `calls`; layers that
    are not in it follow in the order of their creation. A layer of layers
    that is not a model (a custom block, MultiHeadAttention) is one leaf.
    Weights that a model owns directly are the first leaf of it.

    Args:
        model: A Keras model.
        calls: The layers in the order of their first calls; see
            `seal_tf.training.call_order`.
    """
    position = {id(layer): i for i, layer in enumerate(calls)}
    leaves: list[Leaf] = []
    seen: set[int] = set()

    def add(
        layer: keras.layers.Layer,
        names: tuple[str, ...],
        variables: Sequence[keras.Variable],
    ) -> None:
        own = tuple(v for v in variables if id(v) not in seen)
        seen.update(map(id, own))
        leaves.append(Leaf(layer, names, own))

    def visit(model: keras.Model, names: tuple[str, ...]) -> None:
        in_layers = {id(v) for child in model.layers for v in child.weights}
        direct = [v for v in model.weights if id(v) not in in_layers]
        if direct:
            add(model, names or (model.name,), direct)
        children = model.layers
        if not has_static_order(model):
            last = len(position)
            children = sorted(
                children, key=lambda child: position.get(id(child), last)
            )
        for child in children:
            if id(child) in seen:
                continue
            seen.add(id(child))
            if isinstance(child, keras.Model):
                visit(child, (child.name, *names))
            else:
                add(child, (child.name, *names), child.weights)

    visit(model, ())
    return leaves


def partition(
    model: keras.Model, split_at: SplitAt = None, grouping: str | None = None
) -> Partition:
    """Divide a model into early and later groups of layers.

    Args:
        model: A Keras model. Its layers must exist; their variables must
            exist only if `grouping` is set.
        split_at: Where early layers end. None: no layer is early. A string:
            the name, or the start of the name, of the first *later* layer. A
            number between 0 and 1: this fraction of the layers with weights
            is early. A function of a layer: returns True for early layers.
        grouping: None: one group for each side. "blocks" or "stages": by the
            layer names of Keras' own networks (`conv2_block1_…`,
            `block3a_…`, `block_6_…`). "layers", or a model without such
            names: one group for each layer with a kernel. Layers after the
            last block, the classifier included, belong to the last block.

    Raises:
        ValueError: If the split matches no layer, leaves one side without
            weights, or all weights of the early side are frozen.
    """
    calls: Sequence[keras.layers.Layer] = ()
    if not callable(split_at) and (split_at is not None or grouping):
        calls = record_call_order(model)
    leaves = forward_order(model, calls)
    early = [False] * len(leaves)
    if split_at is not None:
        is_early = _early_test(leaves, split_at)
        early = [is_early(i) for i in range(len(leaves))]
        _check_sides(leaves, early, split_at)
    if grouping is not None:
        return _partition_by_name(leaves, early, grouping)
    names, sides = group_names(split_at)
    return Partition(
        names,
        sides,
        tuple(
            tuple(
                leaf
                for leaf, leaf_early in zip(leaves, early, strict=True)
                if leaf_early == side
            )
            for side in sides
        ),
    )


def _partition_by_name(
    leaves: list[Leaf], early: list[bool], grouping: str
) -> Partition:
    """Group neighbors; a split inside a group divides it in two."""
    names: list[str] = []
    flags: list[bool] = []
    members: list[list[Leaf]] = []
    for leaf, name, leaf_early in zip(
        leaves, leaf_group_names(leaves, grouping), early, strict=True
    ):
        if flags and leaf_early and not flags[-1]:
            raise ValueError(
                "A method that groups layers requires all early layers to "
                "precede the later layers in forward order. Received an early "
                f"layer after a later one: {leaf.path}"
            )
        if not names or name != names[-1] or leaf_early != flags[-1]:
            names.append(name)
            flags.append(leaf_early)
            members.append([])
        members[-1].append(leaf)
    return Partition(tuple(names), tuple(flags), tuple(map(tuple, members)))


_PATTERNS = {
    "blocks": re.compile(r"((?:conv|stage)\d+_block\d+|block_?\d+[a-z]?)"),
    "stages": re.compile(r"(conv\d+|stage\d+|block_?\d+)"),
}


def leaf_group_names(leaves: list[Leaf], grouping: str) -> list[str]:
    """Return the name of the group of each leaf.

    Args:
        leaves: The leaves of a model, in forward order.
        grouping: "blocks", "stages" or "layers"; see `partition`.

    Raises:
        ValueError: If `grouping` has another value.
    """
    labels: list[str | None] = []
    if grouping in _PATTERNS:
        labels = [_match(leaf, _PATTERNS[grouping]) for leaf in leaves]
    elif grouping != "layers":
        raise ValueError(
            "Argument `grouping` must be 'blocks', 'stages' or 'layers'. "
            f"Received: grouping={grouping!r}"
        )
    if len(set(labels) - {None}) < 2:
        # Without such names, each layer with a kernel starts a group.
        labels = [
            leaf.path
            if any(len(v.shape) > 1 for v in leaf.own if v.trainable)
            else None
            for leaf in leaves
        ]
    names: list[str] = []
    seen: set[str] = set()
    for i, (label, leaf) in enumerate(zip(labels, leaves, strict=True)):
        if not names and label is None and not leaf.own:
            # Inputs and similar layers belong to the group after them.
            weighted = next(j for j in range(i, len(leaves)) if leaves[j].own)
            label = labels[weighted]
        if label is not None and label not in seen:
            seen.add(label)
            names.append(label)
        else:
            # No label, or the label of an earlier group.
            names.append(names[-1] if names else "stem")
    return names


def _match(leaf: Leaf, pattern: re.Pattern[str]) -> str | None:
    for name in leaf.names:
        match = pattern.match(name)
        if match:
            return match[1]
    return None


def group_names(
    split_at: SplitAt,
) -> tuple[tuple[str, ...], tuple[bool, ...]]:
    """Return the names of the groups of a split, and which are early.

    Unlike their members, the names are known before the model has weights.
    """
    if split_at is None:
        return ("all layers",), (False,)
    return ("early", "later"), (True, False)


def has_weights(model: keras.Model) -> bool:
    """Return whether the model is built, so that `partition` can be called."""
    leaves = forward_order(model)
    # A built model may contain layers that it never calls.
    built = model.built or all(leaf.layer.built for leaf in leaves)
    return built and any(leaf.own for leaf in leaves)


def _early_test(leaves: list[Leaf], split_at: SplitAt) -> Callable[[int], bool]:
    """Return a function of the index of a leaf: whether it is early."""
    if callable(split_at):
        return lambda i: bool(split_at(leaves[i].layer))
    if isinstance(split_at, str):
        first_later = _find_layer(leaves, split_at)
    elif isinstance(split_at, numbers.Real) and 0 < split_at < 1:
        first_later = _fraction_index(leaves, float(split_at))
    else:
        raise ValueError(
            "Argument `split_at` must be the name (or the start of the name) "
            "of the first later layer, a fraction between 0 and 1 of the "
            "layers with weights, or a function of a layer that returns True "
            f"for early layers. Received: split_at={split_at!r}"
        )
    return lambda i: i < first_later


def _fraction_index(leaves: list[Leaf], split_at: float) -> int:
    """Index of the first later leaf; at least one leaf on each side."""
    weighted = [i for i, leaf in enumerate(leaves) if leaf.own]
    count = math.floor(split_at * len(weighted) + 0.5)
    count = min(max(count, 1), len(weighted) - 1)
    if count < 1:
        raise ValueError(
            f"`split_at={split_at}` requires at least two layers with "
            f"weights. The model has {len(weighted)}."
        )
    return weighted[count]


def _find_layer(leaves: list[Leaf], name: str) -> int:
    for matches in (str.__eq__, str.startswith):
        for i, leaf in enumerate(leaves):
            if any(matches(n, name) for n in (*leaf.names, leaf.path)):
                return i
    names = list(dict.fromkeys(n for leaf in leaves for n in leaf.names))
    nearest = difflib.get_close_matches(name, names, n=5, cutoff=0.3)
    raise ValueError(
        f"`split_at={name!r}` matches no layer of the model. Nearest names: "
        f"{', '.join(nearest or names[:5])}"
    )


def _check_sides(
    leaves: list[Leaf], early: list[bool], split_at: SplitAt
) -> None:
    sides = {
        flag: [
            leaf
            for leaf, leaf_early in zip(leaves, early, strict=True)
            if leaf_early == flag
        ]
        for flag in (True, False)
    }
    weighted = [leaf for leaf in leaves if leaf.own]
    if not weighted:
        raise ValueError("The model has no weights.")
    for flag, name, other in (
        (True, "early", "later"),
        (False, "later", "early"),
    ):
        if not any(leaf.own for leaf in sides[flag]):
            raise ValueError(
                f"`split_at={split_at!r}` leaves no weights on the {name} "
                f"side: all {len(weighted)} layers with weights are {other}, "
                f"{weighted[0].path} to {weighted[-1].path}."
            )
    if not any(v.trainable for leaf in sides[True] for v in leaf.own):
        raise ValueError(
            "All weights of the early layers are frozen (trainable=False), so "
            "no layer can ascend: unfreeze them, or choose a later "
            f"`split_at`. Received: split_at={split_at!r}; early layers: "
            f"{sides[True][0].path} to {sides[True][-1].path}"
        )
