"""Who is early: a model cut into groups of layers, in forward order."""

from __future__ import annotations

import dataclasses
import difflib
import math
import numbers

import keras


@dataclasses.dataclass(frozen=True)
class Leaf:
    """A layer that owns weights, at its place in the forward order.

    Args:
        layer: The Keras layer.
        names: Its own name and those of the models around it, innermost
            first; a split may name any of them.
        own: Its variables, none of which belong to a leaf before it.
    """

    layer: keras.layers.Layer
    names: tuple[str, ...]
    own: tuple[keras.Variable, ...]

    @property
    def path(self) -> str:
        return "/".join(reversed(self.names))


@dataclasses.dataclass(frozen=True)
class Partition:
    """Groups of leaves in forward order.

    Args:
        names: Name of each group.
        early: For each group, whether it is an early one.
        leaves: For each group, its leaves.
    """

    names: tuple[str, ...]
    early: tuple[bool, ...]
    leaves: tuple[tuple[Leaf, ...], ...]

    def group_of(self) -> dict[int, int]:
        """Index of the group of each variable, by the variable's `id`."""
        return {
            id(variable): index
            for index, leaves in enumerate(self.leaves)
            for leaf in leaves
            for variable in leaf.own
        }

    def layer_names(self) -> tuple[tuple[str, ...], ...]:
        """Paths of the layers that have weights, by group."""
        return tuple(
            tuple(leaf.path for leaf in leaves if leaf.own)
            for leaves in self.leaves
        )


def forward_order(model) -> list[Leaf]:
    """All leaves of a model: nested models recursed, shared layers once.

    A Functional model's `layers` are sorted by depth, so every layer comes
    after all that it depends on. A layer of layers that is no model (a
    custom block, MultiHeadAttention) is one leaf. Weights that a model owns
    itself come first.
    """
    leaves: list[Leaf] = []
    seen: set[int] = set()

    def add(layer, names, variables):
        own = tuple(v for v in variables if id(v) not in seen)
        seen.update(map(id, own))
        leaves.append(Leaf(layer, names, own))

    def visit(owner, names):
        inner = {id(v) for child in owner.layers for v in child.weights}
        bare = [v for v in owner.weights if id(v) not in inner]
        if bare:
            add(owner, names or (owner.name,), bare)
        for child in owner.layers:
            if id(child) in seen:
                continue
            seen.add(id(child))
            if isinstance(child, keras.Model):
                visit(child, (child.name, *names))
            else:
                add(child, (child.name, *names), child.weights)

    visit(model, ())
    return leaves


def partition(model, split_at=None) -> Partition:
    """Cuts a model into early and later layers.

    Args:
        model: A Keras model. Its layers must exist; their variables need
            not.
        split_at: None: one group of all layers. A string: name, or beginning
            of a name, of the first *later* layer. A number between 0 and 1:
            this share of the layers that have weights is early. A function
            of a layer that is True for early ones.

    Raises:
        ValueError: the split matches nothing, or leaves one side without
            weights, or all weights of the early side are frozen.
    """
    leaves = forward_order(model)
    names, early = group_names(split_at)
    if split_at is None:
        return Partition(names, early, (tuple(leaves),))
    is_early = _early_test(leaves, split_at)
    sides = (
        tuple(leaf for i, leaf in enumerate(leaves) if is_early(i)),
        tuple(leaf for i, leaf in enumerate(leaves) if not is_early(i)),
    )
    _check_sides(sides, split_at)
    return Partition(names, early, sides)


def group_names(split_at) -> tuple[tuple[str, ...], tuple[bool, ...]]:
    """Names of the groups that a split makes, and which are early.

    Known before the model has weights, unlike their members.
    """
    if split_at is None:
        return ("all layers",), (False,)
    return ("early", "later"), (True, False)


def has_weights(model) -> bool:
    """Whether all layers are built, so that `partition` can be asked."""
    leaves = forward_order(model)
    return (
        bool(leaves)
        and all(leaf.layer.built for leaf in leaves)
        and any(leaf.own for leaf in leaves)
    )


def _early_test(leaves, split_at):
    if callable(split_at):
        return lambda i: bool(split_at(leaves[i].layer))
    if isinstance(split_at, str):
        first = _find(leaves, split_at)
    elif isinstance(split_at, numbers.Real) and 0 < split_at < 1:
        weighted = [i for i, leaf in enumerate(leaves) if leaf.own]
        # At least one layer on each side, where there are two.
        count = math.floor(split_at * len(weighted) + 0.5)
        count = min(max(count, 1), len(weighted) - 1)
        if count < 1:
            raise ValueError(
                f"`split_at={split_at}` needs two layers with weights; the "
                f"model has {len(weighted)}."
            )
        first = weighted[count]
    else:
        raise ValueError(
            "`split_at` must be the name (or its beginning) of the first "
            "later layer, a share between 0 and 1 of the layers with "
            "weights, or a function of a layer, True for early. Received: "
            f"{split_at!r}"
        )
    return lambda i: i < first


def _find(leaves, wanted: str) -> int:
    for matches in (str.__eq__, str.startswith):
        for i, leaf in enumerate(leaves):
            if any(matches(n, wanted) for n in (*leaf.names, leaf.path)):
                return i
    names = list(dict.fromkeys(n for leaf in leaves for n in leaf.names))
    near = difflib.get_close_matches(wanted, names, n=5, cutoff=0.3)
    raise ValueError(
        f"`split_at={wanted!r}` matches no layer of the model. Nearest: "
        f"{', '.join(near or names[:5])}."
    )


def _check_sides(sides, split_at):
    for leaves, side, other in (
        (sides[0], "early", "later"),
        (sides[1], "later", "early"),
    ):
        if any(leaf.own for leaf in leaves):
            continue
        weighted = [leaf for s in sides for leaf in s if leaf.own]
        raise ValueError(
            f"`split_at={split_at!r}` leaves no weights on the {side} side: "
            f"all {len(weighted)} layers with weights are {other}, "
            f"{weighted[0].path} to {weighted[-1].path}."
            if weighted
            else "the model has no weights."
        )
    if not any(v.trainable for leaf in sides[0] for v in leaf.own):
        raise ValueError(
            "all weights of the early layers are frozen (trainable=False), "
            "so there is nothing to ascend: unfreeze them, or move "
            f"`split_at={split_at!r}` behind them. Early: {sides[0][0].path} "
            f"to {sides[0][-1].path}."
        )
