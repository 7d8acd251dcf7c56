"""What the train step obeys: one epoch's plan, as variables on the device."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from seal_tf.training import groups
from seal_tf.training.trust import TrustBound


class StepControl:
    """Signs, scales and decay shares of one epoch, a row a step.

    The callback loads an epoch; the step reads its row, so nothing is looked
    up in Python while training runs and nothing re-traces. Groups that the
    whole plan leaves alone cost nothing: no op is put into the graph for
    them.

    Attributes:
        partition: The `groups.Partition` of the model, once it has weights.

    Args:
        plan: The `seal_tf.schedules.Plan` of the run.
        when_built: Called once the model has weights, with the model.
    """

    def __init__(self, plan, when_built=lambda model: None):
        #: See `GenerationCallback`.
        self.prepare = None
        #: Whether images of weight 0 only fill a batch up.
        self.padded = False
        #: The `Norms` that the step measures.
        self.norms = None
        #: Whether a step that is traced hands out its batch.
        self.hands_out = False
        self._plan = plan
        self._when_built = when_built
        rows = plan.run.steps if plan.schedule.needs_steps else 1
        shape = (rows, len(plan.run.groups))
        self._scale = _variable(np.ones(shape), "float32")
        self._sign = _variable(np.ones(shape), "float32")
        self._l2 = _variable(np.ones(shape), "float32")
        self._rate = _variable(np.zeros(rows), "float32")
        self._step = _variable(np.zeros(()), "int64")
        #: S where it is found, and the bound of an ascent step.
        self.found = _variable(np.ones(()), "float32")
        self._bound = _variable(np.ones(()), "float32")
        self._rows = rows
        self.partition = None
        self._group_of = None
        self._now = None
        self._touched, self._finds, self._bounds = _needed(plan)

    def load(self, epoch_plan, step=0):
        """Brings one epoch's plan to the device.

        Args:
            epoch_plan: The `EpochPlan`.
            step: The step that comes next.
        """

        def spread(matrix):
            return np.broadcast_to(matrix, self._scale.shape)

        self._scale.assign(spread(epoch_plan.scale))
        self._sign.assign(spread(epoch_plan.sign))
        self._l2.assign(spread(epoch_plan.l2))
        if epoch_plan.base_rate is not None:
            self._rate.assign(
                np.broadcast_to(epoch_plan.base_rate, (self._rows,))
            )
        if epoch_plan.bound is not None:
            self._bound.assign(epoch_plan.bound)
        self._step.assign(step)

    def ensure_bound(self, model, x=None):
        """Finds out which variable belongs to which group, once.

        Args:
            model: The model.
            x: A batch of its inputs, with which a model that has no weights
                yet is built. Weights made while a step is traced would be
                lost with the trace if the split did not suit.

        Raises:
            ValueError: the plan's split does not suit the model.
        """
        if self._group_of is not None:
            return
        with tf.init_scope():
            if not groups.has_weights(model):
                model(
                    x
                    if tf.executing_eagerly() and _is_eager(x)
                    else keras.tree.map_structure(_symbolic, x)
                )
            self._when_built(model)
        schedule = self._plan.schedule
        self.partition = groups.partition(
            model, schedule.split_at, schedule.grouping
        )
        self._group_of = self.partition.group_of()

    def group(self, variable) -> int:
        """Index of a variable's group; later layers where nobody knows."""
        if self._group_of is None:
            return len(self._plan.run.groups) - 1
        return self._group_of.get(id(variable), len(self._plan.run.groups) - 1)

    def note_norms(self, gradients, variables, optimizer):
        """Has the norms of this step measured, where somebody wants them."""
        if self.norms is not None:
            self.norms.note(
                gradients,
                variables,
                self._step.value,
                self.group,
                optimizer,
            )

    def begin_step(self, optimizer):
        """Reads this step's row, and sets the rate where the plan has one.

        Returns:
            The `TrustBound` of the step; None where the plan has none.
        """
        row = tf.minimum(tf.cast(self._step.value, tf.int64), self._rows - 1)
        self._now = {
            "scale": tf.unstack(tf.gather(self._scale.value, row)),
            "sign": tf.unstack(tf.gather(self._sign.value, row)),
            "l2": tf.unstack(tf.gather(self._l2.value, row)),
        }
        if self._finds:
            self._now["scale"] = [
                scale * tf.where(sign < 0, self.found.value, 1.0)
                for scale, sign in zip(
                    self._now["scale"], self._now["sign"], strict=True
                )
            ]
        if self._plan.schedule.owns_rate:
            optimizer.learning_rate = tf.gather(self._rate.value, row)
        if not self._bounds:
            return None
        # Nothing of it is kept here: replicas take their steps by turns.
        return TrustBound(
            self._layers_that_ascend(), self._bound.value, self._now["sign"]
        )

    def _layers_that_ascend(self):
        return [
            (group, trained)
            for group, leaves in enumerate(self.partition.leaves)
            if self._touched["sign"][group]
            for leaf in leaves
            if (trained := [v for v in leaf.own if v.trainable])
        ]

    def end_step(self):
        self._now = None
        self._step.assign_add(1)

    def now(self, what: str, group: int):
        """This step's scalar of a group, or None where it is always 1.

        Args:
            what: "scale", "sign" or "l2".
            group: Index of the group.
        """
        if self._now is None:
            raise ValueError(
                "optimizer.apply_gradients was called where the plan is not "
                "in force: a train_step of one's own hands its gradients to "
                "self.apply_signed_gradients(gradients, variables)."
            )
        return self._now[what][group] if self._touched[what][group] else None

    def signed(self, gradient, variable):
        """The gradient, negated where the variable's group ascends."""
        sign = self.now("sign", self.group(variable))
        if gradient is None or sign is None:
            return gradient
        # scalar_mul also takes the sparse gradients of embeddings.
        return tf.math.scalar_mul(tf.cast(sign, gradient.dtype), gradient)


def _is_eager(x):
    return all(
        hasattr(t, "numpy") for t in keras.tree.flatten(x) if t is not None
    )


def _symbolic(tensor):
    if tensor is None:
        return None
    return keras.KerasTensor(tensor.shape, tensor.dtype.name)


def _variable(value, dtype):
    return keras.Variable(
        np.asarray(value),
        dtype=dtype,
        trainable=False,
        autocast=False,
        aggregation="only_first_replica",
        name="seal_control",
    )


def _needed(plan):
    """What the step has to look at, found in one pass over the plan.

    Returns:
        For each quantity and group, whether any epoch differs from 1; whether
        S is found; whether steps are bounded.
    """
    touched = dict.fromkeys(("scale", "sign", "l2"), False)
    finds = bounds = False
    for epoch in plan:
        for what, so_far in touched.items():
            differs = (getattr(epoch, what) != 1).any(axis=0)
            touched[what] = so_far | differs
        finds |= epoch.keep is not None
        bounds |= epoch.bound is not None
    if finds:
        # S comes on top of what the plan says.
        touched["scale"] = touched["scale"] | touched["sign"]
    return touched, finds, bounds
