"""Distillation along generations as a callback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras

from seal_tf.callbacks.method_callback import MethodCallback
from seal_tf.schedules import Distill


@keras.saving.register_keras_serializable(package="seal_tf")
class DistillCallback(MethodCallback):
    """Let earlier generations of a network teach the later ones.

    (Furlanello et al., "Born-again neural networks", ICML 2018, arXiv
    1805.04770.) The loss in the logs is that of training, with the teacher;
    the validation loss is the cross-entropy alone.

    Example:
        >>> import keras
        >>> import numpy as np
        >>> from seal_tf import DistillCallback
        >>> model = keras.Sequential([
        ...     keras.Input((4,)), keras.layers.Dense(8),
        ...     keras.layers.Dense(3, "softmax")])
        >>> model.compile("adam", "sparse_categorical_crossentropy")
        >>> history = model.fit(
        ...     np.ones((8, 4)), np.ones(8), epochs=4, verbose=0,
        ...     callbacks=[DistillCallback(generations=2, temperature=2.0)])

    Args:
        generations: Number of generations G, at least 2. Pass this or
            `epochs_per_generation`.
        epochs_per_generation: Epochs per generation E.
        alpha: Weight of the teacher, above 0 and at most 1. Defaults to 0.5.
        temperature: Temperature of both softmaxes. Defaults to 1.
        teacher: "previous" or "ensemble"; see `seal_tf.schedules.Distill`.
            Defaults to "previous".
        **settings: `checkpoint_dir`, `first_generation`, `learning_rate`,
            `warmup_epochs`, `decay_epochs`, `reset_optimizer`; see
            `SEALCallback`.
    """

    def __init__(
        self,
        generations: int | None = None,
        epochs_per_generation: int | None = None,
        *,
        alpha: float = 0.5,
        temperature: float = 1.0,
        teacher: str = "previous",
        checkpoint_dir: str | Path | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(
            Distill(
                generations=generations,
                epochs_per_generation=epochs_per_generation,
                alpha=alpha,
                temperature=temperature,
                teacher=teacher,
                **settings,
            ),
            checkpoint_dir=checkpoint_dir,
        )
