"""SEAL as a callback."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras

from seal_tf.callbacks.method_callback import MethodCallback
from seal_tf.schedules import SEAL

if TYPE_CHECKING:
    from seal_tf.training.layer_groups import SplitAt


@keras.saving.register_keras_serializable(package="seal_tf")
class SEALCallback(MethodCallback):
    """Train with SEAL, simulated annealing in early layers.

    In the first epochs of every generation but the first, the early layers
    take small ascent steps, forget, and relearn. Later layers always descend
    (Sarfi et al., "Simulated annealing in early layers leads to better
    generalization", CVPR 2023, arXiv 2304.04858). The callback supports any
    Keras model, and any optimizer whose step is proportional to its learning
    rate.

    An ascent follows the loss that fit reports, including regularizers of
    layers. An EMA of the weights (`use_ema`) restarts when the optimizer is
    reset.

    Example:
        >>> import keras
        >>> import numpy as np
        >>> from seal_tf import SEALCallback
        >>> model = keras.Sequential([
        ...     keras.Input((4,)), keras.layers.Dense(8, "relu", name="early"),
        ...     keras.layers.Dense(3, "softmax", name="later")])
        >>> model.compile("adam", "sparse_categorical_crossentropy",
        ...               metrics=["accuracy"])
        >>> seal = SEALCallback(generations=2, split_at="later")
        >>> history = model.fit(np.ones((8, 4)), np.ones(8), epochs=8,
        ...                     verbose=0, callbacks=[seal])
        >>> history.history["ascent"]
        [0, 0, 0, 0, 1, 0, 0, 0]

    Args:
        generations: Number of generations G. Pass this or
            `epochs_per_generation`.
        epochs_per_generation: Epochs per generation E.
        ascent_epochs: Ascent epochs k per generation. Defaults to
            `max(1, E // 4)`.
        first_generation: 0, or 1 for a network that is already trained: then
            the run starts with an ascent. Defaults to 0.
        ascent_scale: S, the size of an ascent step as a fraction of the
            ordinary step. Defaults to 0.01. "auto" searches S during each
            ascent so that the network retains `retain`; it requires an
            accuracy metric.
        retain: With "auto", the fraction of the training accuracy above
            chance to retain at the end of an ascent. Defaults to 0.5.
        split_at: Where early layers end: the name (or the start of the name)
            of the first later layer; a number between 0 and 1, the fraction
            of the layers with weights, in forward order, that is early; or a
            function of a layer that returns True for early layers. Defaults
            to 0.5.
        reset_optimizer: Whether to reset the optimizer at the start of a
            generation and at the end of the ascent. Defaults to True.
        learning_rate: Base rate of the paper's schedule, a linear warm-up
            and a cosine in every generation. None, the default, uses the
            optimizer's own rate.
        warmup_epochs: Epochs of warm-up of that schedule. Defaults to
            `E // 8`.
        decay_epochs: Epochs of its cosine, after a constant rate. None, the
            default, decays from the end of the warm-up.
        checkpoint_dir: Folder for the state of the run, from which the same
            fit resumes; see `GenerationCallback`. Defaults to None.
        probe_data: With "auto", the images (x, y) to measure on; see
            `GenerationCallback`. Defaults to None.

    Raises:
        ValueError: See `GenerationCallback`.
    """

    def __init__(
        self,
        generations: int | None = None,
        epochs_per_generation: int | None = None,
        *,
        ascent_epochs: int | None = None,
        first_generation: int = 0,
        ascent_scale: float | str = 0.01,
        retain: float = 0.5,
        split_at: SplitAt = 0.5,
        reset_optimizer: bool = True,
        learning_rate: float | None = None,
        warmup_epochs: int | None = None,
        decay_epochs: int | None = None,
        checkpoint_dir: str | Path | None = None,
        probe_data: tuple[Any, Any] | None = None,
    ) -> None:
        super().__init__(
            SEAL(
                generations=generations,
                epochs_per_generation=epochs_per_generation,
                ascent_epochs=ascent_epochs,
                first_generation=first_generation,
                ascent_scale=ascent_scale,
                retain=retain,
                split_at=split_at,
                reset_optimizer=reset_optimizer,
                learning_rate=learning_rate,
                warmup_epochs=warmup_epochs,
                decay_epochs=decay_epochs,
            ),
            checkpoint_dir=checkpoint_dir,
            probe_data=probe_data,
        )
