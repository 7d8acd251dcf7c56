"""Ascent steps that go no further than a share of a layer's norm."""

from __future__ import annotations

import tensorflow as tf


class TrustBound:
    """Shortens the step of each ascending layer, where it is too long.

    With w the weights of a layer that are trained, all in one vector, and d
    the step that its optimizer takes: d becomes d * min(1, b |w| / |d|).
    Where it does not ascend, a layer's step is taken as it is (to rounding).
    (The bound is ours; LARS, arXiv 1708.03888, scales by the same ratio.)
    A moving average of the weights has seen the step before.

    Args:
        layers: For each layer that may ascend: (group, its variables).
        bound: Scalar: b of this step.
        signs: For each group, its sign at this step.
    """

    def __init__(self, layers, bound, signs):
        self._layers, self._bound, self._signs = layers, bound, signs
        self._before = [
            [tf.identity(v.value) for v in variables] for _, variables in layers
        ]

    def shorten(self) -> None:
        """Called once the step is taken."""
        for (group, variables), before in zip(
            self._layers, self._before, strict=True
        ):
            steps = [
                v.value - old for v, old in zip(variables, before, strict=True)
            ]
            most = self._bound * _norm(before)
            length = _norm(steps)
            share = tf.where(
                tf.logical_and(self._signs[group] < 0, length > most),
                most / length,
                1.0,
            )
            for v, old, step in zip(variables, before, steps, strict=True):
                v.assign(old + tf.cast(share, step.dtype) * step)


def _norm(tensors):
    """Of all of them as one vector, in float32."""
    return tf.linalg.global_norm([tf.cast(t, tf.float32) for t in tensors])
