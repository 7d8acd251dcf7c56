"""Teachers, and the loss of a network that learns from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops
from keras.src.backend import get_keras_mask, set_keras_mask
from keras.src.losses.loss import scale_loss_for_distribution

from seal_tf.backends import get_backend
from seal_tf.backends.batch import Batch
from seal_tf.checkpoints import variables as variable_state
from seal_tf.schedules import Distillation, EpochPlan, Plan, UpdateTeacher
from seal_tf.training.optimizer_patch import OptimizerPatch
from seal_tf.training.stateful_layers import stateful_layers
from seal_tf.training.step_control import StepControl
from seal_tf.training.train_function import TrainFunction
from seal_tf.utils.model_call import call_model

_CROSS_ENTROPIES = (
    keras.losses.CategoricalCrossentropy,
    keras.losses.SparseCategoricalCrossentropy,
)
_NAMES = ("categorical_crossentropy", "sparse_categorical_crossentropy")


class Teachers:
    """Earlier states of a network, which teach the later ones.

    A teacher is a copy of the weights on the device. Its forward pass runs
    the layers of the network with these weights.

    Args:
        model: The model.
        control: The `StepControl` whose step distills.
        optimizer: The patch of the optimizer.
        train_function: The owner of the train function.
    """

    def __init__(
        self,
        model: keras.Model,
        control: StepControl,
        optimizer: OptimizerPatch,
        train_function: TrainFunction,
    ) -> None:
        self._model = model
        self._optimizer = optimizer
        self._control = control
        self._train_function = train_function
        self._members: list[list[keras.Variable]] = []

    def update(self, event: UpdateTeacher) -> None:
        """Add the current weights, or replace those of the only teacher."""
        values = variable_state.values(self._model.weights)
        if event.ensemble or not self._members:
            self._add(values)
        else:
            variable_state.assign(self._members[0], values)

    def begin_epoch(self, plan: EpochPlan) -> None:
        """Let the step distill as the plan says.

        The step is traced again after each change.

        Raises:
            ValueError: If the teachers of an earlier generation are missing.
        """
        expected = plan.distill.teachers if plan.distill else 0
        if len(self._members) < expected:
            raise ValueError(
                f"Epoch {plan.epoch + 1} needs {expected} teacher(s) from "
                f"earlier generations, and this fit has {len(self._members)}: "
                "resume the run with `checkpoint_dir`."
            )
        current = self._control.distillation
        if plan.distill == (current and current.plan):
            return
        self._control.distillation = plan.distill and DistilledLoss(
            plan.distill,
            self._members[:expected],
            outputs_logits(self._model),
            loss_weight(self._model),
        )
        self._train_function.rebuild()

    def get_state(self) -> dict[str, Any]:
        """Return the weights of every teacher, for a checkpoint."""
        return {"members": [variable_state.values(m) for m in self._members]}

    def set_state(self, state: dict[str, Any]) -> None:
        """Restore what `get_state` returned."""
        self._members = []
        for values in state["members"]:
            self._add(values)

    def _add(self, values: Sequence[np.ndarray]) -> None:
        with get_backend().scope(self._model):
            member = [
                keras.Variable(
                    value,
                    dtype=weight.dtype,
                    trainable=False,
                    autocast=False,
                    aggregation="only_first_replica",
                    name="teacher",
                )
                for weight, value in zip(
                    self._model.weights, values, strict=True
                )
            ]
        self._members.append(member)
        self._optimizer.carry(member)


class DistilledLoss:
    """The loss of a step with teachers; see `seal_tf.schedules.Distill`.

    Args:
        plan: Weight, temperature and number of teachers.
        members: The weights of each teacher, in the order of `model.weights`.
        logits: Whether the model returns logits; else it returns a softmax.
        weight: Factor of CE in the loss of the model, and so of KL.
    """

    def __init__(
        self,
        plan: Distillation,
        members: Sequence[Sequence[keras.Variable]],
        logits: bool,
        weight: float = 1.0,
    ) -> None:
        self.plan = plan
        self._members = members
        self._logits = logits
        self._weight = weight

    def targets(self, model: keras.Model, x: Any) -> Any:
        """Return the mean softmax of the teachers, [images, classes].

        Call it outside the part of the step that is differentiated.

        Args:
            model: The model, whose layers compute the outputs.
            x: Inputs.
        """

        def probabilities(weights: Sequence[Any], x: Any) -> Any:
            mapping = list(zip(model.weights, weights, strict=True))
            with keras.StatelessScope(state_mapping=mapping):
                outputs = call_model(model, x, training=False)
            return ops.exp(self._log_softmax(outputs))

        # All teachers are calls of one graph, so that the step with many is
        # traced as fast as the step with one.
        backend = get_backend()
        forward = backend.subgraph(model, probabilities)
        total = sum(
            forward([backend.read(w) for w in member], x)
            for member in self._members
        )
        return ops.stop_gradient(total / len(self._members))

    def combine(
        self,
        model: keras.Model,
        loss: Any,
        outputs: Any,
        batch: Batch,
        targets: Any,
    ) -> Any:
        """Return (1 - alpha) * CE + alpha * temperature^2 * KL.

        Penalties of layers keep their full weight.

        Args:
            model: The model.
            loss: Its loss: CE and the penalties of layers.
            outputs: Its outputs.
            batch: The batch, for its weights.
            targets: What `targets` returned for the batch.
        """
        # The mean over images is that of CE: a sum stays a sum.
        reduction = getattr(model.loss, "reduction", "sum_over_batch_size")
        log_softmax = self._log_softmax(outputs)
        # Keras' losses leave out what a mask of the outputs leaves out.
        mask = get_keras_mask(keras.tree.flatten(outputs)[0])
        if mask is not None:
            set_keras_mask(log_softmax, mask)
        divergence = _KLDivergence("teacher_divergence", reduction)(
            targets, log_softmax, sample_weight=batch.weights
        )
        penalties = [scale_loss_for_distribution(p) for p in model.losses]
        # As Keras adds them: a penalty may have a value for each image.
        cross_entropy = loss - sum(
            ops.sum(ops.cast(p, loss.dtype)) for p in penalties
        )
        alpha, temperature = self.plan.alpha, self.plan.temperature
        factor = self._weight * temperature**2
        divergence = factor * ops.cast(divergence, loss.dtype)
        return loss + alpha * (divergence - cross_entropy)

    def _log_softmax(self, outputs: Any) -> Any:
        # A subclassed model shows only now how many outputs it has.
        outputs = keras.tree.flatten(outputs)
        _check_one_output(len(outputs))
        outputs = ops.cast(outputs[0], keras.config.floatx())
        if not self._logits:
            # The logarithm of a softmax is its logits up to a constant.
            outputs = _log(outputs)
        return ops.log_softmax(outputs / self.plan.temperature)


class _KLDivergence(keras.losses.Loss):
    """Mean of KL(p || q) over images, reduced as every loss of Keras."""

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the divergence of each image.

        Args:
            y_true: Probabilities p, [images, classes].
            y_pred: Logarithms of q, [images, classes].
        """
        return ops.sum(y_true * (_log(y_true) - y_pred), axis=-1)


def _log(probabilities: Any) -> Any:
    """Return the logarithm; a probability may be 0."""
    dtype = keras.backend.standardize_dtype(probabilities.dtype)
    return ops.log(ops.maximum(probabilities, np.finfo(dtype).tiny))


def outputs_logits(model: keras.Model) -> bool:
    """Return whether a model returns logits, by its compiled loss.

    Raises:
        ValueError: If the loss is no cross-entropy of exclusive classes.
    """
    loss = model.loss
    if isinstance(loss, _CROSS_ENTROPIES):
        return bool(loss.from_logits)
    name = getattr(loss, "__name__", loss)
    if isinstance(name, str) and name in _NAMES:
        return False
    raise ValueError(
        "Distillation requires a model with one output that is compiled with "
        f"{' or '.join(c.__name__ for c in _CROSS_ENTROPIES)}. Received: "
        f"loss={loss!r}"
    )


def loss_weight(model: keras.Model) -> float:
    """Return the weight of the only loss of a compiled model."""
    weights = keras.tree.flatten(model._compile_loss._user_loss_weights)
    return float(weights[0]) if weights and weights[0] is not None else 1.0


def check_distillable(model: keras.Model, plan: Plan) -> None:
    """Check that a model can learn from teachers, if the plan has any.

    Args:
        model: The compiled model.
        plan: The plan of the run.

    Raises:
        ValueError: If its loss is no cross-entropy of exclusive classes, or
            it has several outputs, its own train step, or stateful layers.
    """
    if not plan.has_event(UpdateTeacher):
        return
    for layer in stateful_layers(model):
        raise ValueError(
            f"Distillation and the layer {layer.name!r} are incompatible: a "
            "teacher does not keep the state of a stateful layer from batch "
            "to batch."
        )
    outputs_logits(model)
    outputs = getattr(model, "outputs", None)
    if outputs is not None:
        _check_one_output(len(outputs))
    step = type(model).train_step
    if not step.__module__.startswith(("keras.", "seal_tf.")):
        raise ValueError(
            f"{type(model).__name__} defines its own train_step, whose loss "
            "cannot be distilled. Use a model with the train_step of Keras."
        )


def _check_one_output(count: int) -> None:
    if count != 1:
        raise ValueError(
            "Distillation requires a model with one output. Received: "
            f"{count} outputs"
        )
