"""Who is early: a model cut into groups of layers, in forward order."""

from __future__ import annotations

import dataclasses
import difflib
import math
import numbers
import re
from collections.abc import Callable

import keras

#: Where early layers end; see `partition`.
SplitAt = str | float | Callable[[keras.layers.Layer], bool] | None


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


def partition(model, split_at=None, grouping=None) -> Partition:
    """Cuts a model into groups, early ones and later ones.

    Args:
        model: A Keras model. Its layers must exist; their variables need
            not, unless `grouping` is asked for.
        split_at: None: nothing is early. A string: name, or beginning
            of a name, of the first *later* layer. A number between 0 and 1:
            this share of the layers that have weights is early. A function
            of a layer that is True for early ones.
        grouping: None: one group a side. "blocks" or "stages": by the names
            that Keras' own networks have (`conv2_block1_…`, `block3a_…`,
            `block_6_…`); "layers": one for every layer with a kernel, also
            where there are no such names. What comes after the last block
            belongs to it, the classifier included.

    Raises:
        ValueError: the split matches nothing, or leaves one side without
            weights, or all weights of the early side are frozen.
    """
    leaves = forward_order(model)
    early = [False] * len(leaves)
    if split_at is not None:
        is_early = _early_test(leaves, split_at)
        early = [is_early(i) for i in range(len(leaves))]
        _check_sides(leaves, early, split_at)
    if grouping is None:
        names, flags = group_names(split_at)
        return Partition(
            names,
            flags,
            tuple(
                tuple(
                    leaf
                    for leaf, mine in zip(leaves, early, strict=True)
                    if mine == flag
                )
                for flag in flags
            ),
        )
    return _in_groups(leaves, early, grouping)


def _in_groups(leaves, early, grouping):
    """Groups of neighbours; a split inside one makes two of it."""
    names, flags, members = [], [], []
    for leaf, name, mine in zip(
        leaves, _group_of_each(leaves, grouping), early, strict=True
    ):
        if flags and mine and not flags[-1]:
            raise ValueError(
                "early layers behind later ones: a method that freezes needs "
                f"a split of the forward order. Early: {leaf.path}"
            )
        if not names or name != names[-1] or mine != flags[-1]:
            names.append(name)
            flags.append(mine)
            members.append([])
        members[-1].append(leaf)
    return Partition(tuple(names), tuple(flags), tuple(map(tuple, members)))


_PATTERNS = {
    "blocks": re.compile(r"((?:conv|stage)\d+_block\d+|block_?\d+[a-z]?)"),
    "stages": re.compile(r"(conv\d+|stage\d+|block_?\d+)"),
}


def _group_of_each(leaves, grouping):
    """Name of the group of every leaf, in forward order."""
    named = []
    if grouping in _PATTERNS:
        named = [_named(leaf, _PATTERNS[grouping]) for leaf in leaves]
    elif grouping != "layers":
        raise ValueError(
            "`grouping` must be 'blocks', 'stages' or 'layers'. Received: "
            f"{grouping!r}"
        )
    if len(set(named) - {None}) < 2:
        # No names to go by: a group for every layer with a kernel.
        named = [
            leaf.path
            if any(len(v.shape) > 1 for v in leaf.own if v.trainable)
            else None
            for leaf in leaves
        ]
    groups, seen = [], set()
    for i, (name, leaf) in enumerate(zip(named, leaves, strict=True)):
        if not groups and name is None and not leaf.own:
            # Inputs and the like begin the group that comes after them.
            weighted = next(j for j in range(i, len(leaves)) if leaves[j].own)
            name = named[weighted]
        if name is not None and name not in seen:
            seen.add(name)
            groups.append(name)
        else:
            # Nothing of its own, or back to a group that is left behind.
            groups.append(groups[-1] if groups else "stem")
    return groups


def _named(leaf, pattern):
    for name in leaf.names:
        found = pattern.match(name)
        if found:
            return found[1]
    return None


def group_names(split_at) -> tuple[tuple[str, ...], tuple[bool, ...]]:
    """Names of the groups that a split makes, and which are early.

    Known before the model has weights, unlike their members.
    """
    if split_at is None:
        return ("all layers",), (False,)
    return ("early", "later"), (True, False)


def has_weights(model) -> bool:
    """Whether the model is built, so that `partition` can be asked."""
    leaves = forward_order(model)
    # A model that was built may have layers that it never calls.
    built = model.built or all(leaf.layer.built for leaf in leaves)
    return built and any(leaf.own for leaf in leaves)


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


def _check_sides(all_leaves, early, split_at):
    sides = [
        [
            leaf
            for leaf, mine in zip(all_leaves, early, strict=True)
            if mine == flag
        ]
        for flag in (True, False)
    ]
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
