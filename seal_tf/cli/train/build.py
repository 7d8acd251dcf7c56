"""Build the objects of a training run from its settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

import pipelines.batches
from pipelines.augmentation.recipe import Recipe
from pipelines.images import Images
from pipelines.splits import take_images
from seal_tf import models
from seal_tf.ascent_scale import probe_accuracy, scale_rule
from seal_tf.cli.train.batches import evaluation_batches
from seal_tf.cli.train.devices import uses_fast_ops, uses_xla
from seal_tf.cli.train.initial_weights import load_initial_weights
from seal_tf.cli.train.settings import (
    AugmentationSettings,
    DeviceSettings,
    OptimizerSettings,
    TrainSettings,
)
from seal_tf.models.classifier_bias import draw_classifier_bias
from seal_tf.optimizers import SGD, set_weight_decay_timescale

if TYPE_CHECKING:
    from seal_tf.distribution.replicas import Replicas


def build_model(
    settings: TrainSettings, train: Images, replicas: Replicas | None = None
) -> keras.Model:
    """Build and compile the model, from scratch or from `init_from`.

    Args:
        settings: Settings of the run.
        train: Training images.
        replicas: The replicas of the model; None for one device.

    Raises:
        ValueError: If weights or taps do not fit the network.
    """
    if replicas is None:
        model = _compiled_model(settings, train)
        _build_metrics(model, len(train.class_names))
        return model
    with replicas.scope():
        model = _compiled_model(settings, train)
    if settings.devices.sync_batch_norm:
        replicas.synchronize_batch_norm(model)
    if settings.devices.strategy == "data_parallel":
        # `Replicas.patch` builds those of TensorFlow.
        _build_metrics(model, len(train.class_names))
    machines = ""
    if replicas.workers > 1:
        machines = f" on {replicas.workers} machines"
    batch_norm = (
        "synchronized" if settings.devices.sync_batch_norm else "per replica"
    )
    print(
        f"{replicas.count} replicas{machines}, "
        f"{settings.batch_size // replicas.count} images per batch each; "
        f"BatchNormalization {batch_norm}"
    )
    return model


def _build_metrics(model: keras.Model, classes: int) -> None:
    """Create the variables of the metrics.

    Variables that a step creates cause a second trace of the step.
    """
    row = np.zeros((1, classes), np.float32)
    model.compute_metrics(None, row, row)
    model.reset_metrics()


def copy_to_one_device(
    settings: TrainSettings, train: Images, trained: keras.Model
) -> keras.Model:
    """Return the same model with the same weights, outside any strategy."""
    model = _compiled_model(settings, train)
    model.set_weights(trained.get_weights())
    return model


def _compiled_model(settings: TrainSettings, train: Images) -> keras.Model:
    devices = settings.devices
    model = models.build(
        settings.model.arch, train.image_shape, len(train.class_names)
    )
    if settings.model.uniform_bias:
        draw_classifier_bias(model)
    if settings.model.init_from:
        load_initial_weights(model, settings.model.init_from)
    # Only TensorFlow traces a network to find its taps.
    checks_taps = devices.backend == "tensorflow"
    if checks_taps and settings.model.taps != ("blocks",):
        # Taps that match no layer raise here, not after the training.
        from seal_tf.probes.taps import select_taps

        select_taps(model, train.image_shape, settings.model.taps)
    # Padding of a batch has weight 0 in metrics with weights.
    padded = devices.strategy == "data_parallel"
    model.compile(
        _build_optimizer(settings.optimizer, steps_per_epoch(settings, train)),
        keras.losses.CategoricalCrossentropy(
            from_logits=True,
            label_smoothing=settings.optimizer.label_smoothing,
        ),
        jit_compile=uses_xla(devices),
        **{
            "weighted_metrics" if padded else "metrics": [
                keras.metrics.CategoricalAccuracy(name="accuracy")
            ]
        },
    )
    # In the scope of the strategy, on every machine: a checkpoint is compared
    # with the slots.
    model.optimizer.build(model.trainable_variables)
    print(
        f"{settings.model.arch}: {count_parameters(model):,} trainable "
        f"parameters, {describe_backend(devices, model.jit_compile)}"
        f"{', fast_ops' if uses_fast_ops(devices) else ''}"
    )
    return model


def describe_backend(devices: DeviceSettings, compiled: bool) -> str:
    """Describe precision and backend, for the printed line."""
    text = f"{devices.precision}, "
    if devices.backend != "tensorflow":
        text += f"{devices.backend}, "
    compiler = "torch.compile" if devices.backend == "torch" else "XLA"
    return text + f"{compiler} {'on' if compiled else 'off'}"


def _build_optimizer(
    settings: OptimizerSettings, steps: int
) -> keras.Optimizer:
    optimizer = _optimizer_with_l2(settings)
    if settings.l2_timescale is None:
        return optimizer
    return set_weight_decay_timescale(optimizer, settings.l2_timescale, steps)


def _optimizer_with_l2(settings: OptimizerSettings) -> keras.Optimizer:
    average: dict[str, Any] = {
        "use_ema": settings.ema_momentum > 0,
        "ema_momentum": settings.ema_momentum,
    }
    if settings.name == "adamw":
        return keras.optimizers.AdamW(
            settings.learning_rate, weight_decay=settings.l2, **average
        )
    return SGD(
        settings.learning_rate,
        settings.momentum,
        settings.nesterov,
        settings.l2,
        **average,
    )


def count_parameters(model: keras.Model) -> int:
    """Return the number of trainable parameters."""
    return sum(int(np.prod(v.shape)) for v in model.trainable_variables)


def steps_per_epoch(settings: TrainSettings, train: Images) -> int:
    """Return the number of training steps per epoch."""
    return pipelines.batches.steps_per_epoch(
        len(train),
        settings.batch_size,
        bool(settings.augmentation.drop_remainder),
        settings.augmentation.repeat_augment,
    )


def build_recipe(augmentation: AugmentationSettings) -> Recipe:
    """Build the augmentation.

    Raises:
        pipelines.DataError: If a number is out of range.
    """
    return Recipe(**augmentation.recipe)


def device_augmentation(
    settings: TrainSettings,
) -> Callable[[Any], Any] | None:
    """Return the augmentation inside the step; None if it is on the host."""
    recipe = build_recipe(settings.augmentation)
    if not settings.augmentation.on_device:
        return None
    return pipelines.batches.augment_on_device(
        recipe, uses_xla(settings.devices)
    )


def class_weights(
    augmentation: AugmentationSettings, train: Images
) -> dict[int, float] | None:
    """Return a weight for each class, inverse to its number of images."""
    if not augmentation.balance_classes:
        return None
    counts = np.bincount(train.labels, minlength=len(train.class_names))
    weights = len(train) / (len(counts) * counts)
    return dict(enumerate(weights.tolist()))


def probe_data(
    settings: TrainSettings, train: Images
) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the training images on which S is searched.

    The seed selects them; they are not augmented.

    Returns:
        (images, labels) as the network gets them; None without a search.

    Raises:
        ValueError: If the run uses several machines, or there are too few
            images.
    """
    schedule = settings.schedule
    if not schedule.searches_scale:
        return None
    if settings.devices.strategy == "multi_worker":
        raise ValueError(
            "`ascent_scale=auto` and `strategy=multi_worker` are "
            "incompatible: use a number, or `strategy=mirrored`."
        )
    if len(train) < probe_accuracy.MIN_IMAGES:
        raise ValueError(
            "`ascent_scale=auto` requires at least "
            f"{probe_accuracy.MIN_IMAGES} training images. Received: "
            f"{len(train)}"
        )
    passes = schedule.generation_layout(settings.epochs).length
    count = scale_rule.max_probe_size(
        passes * len(train), 4 * int(np.prod(train.image_shape))
    )
    order = np.random.default_rng([settings.seed, 2]).permutation(len(train))
    count = min(len(train), max(count, scale_rule.MIN_IMAGES))
    chosen = order[:count]
    if len(np.unique(train.labels[chosen])) == 1:
        # The accuracy on images of one class says nothing.
        others = order[train.labels[order] != train.labels[chosen[0]]]
        others = others[: count // 2]
        chosen = np.concatenate([chosen[: count - len(others)], others])
    images = take_images(train, chosen)
    batches = evaluation_batches(images, settings.batch_size)
    x, y = zip(*batches, strict=True)
    return np.concatenate(x), np.concatenate(y)
