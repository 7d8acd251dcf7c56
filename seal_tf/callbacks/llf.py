"""LLF as a callback."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras

from seal_tf.callbacks.method_callback import MethodCallback
from seal_tf.schedules import LLF

if TYPE_CHECKING:
    from seal_tf.training.layer_groups import SplitAt


@keras.saving.register_keras_serializable(package="seal_tf")
class LLFCallback(MethodCallback):
    """Train with LLF: reinitialize kernels in every generation.

    (Zhou et al., "Fortuitous forgetting in connectionist networks", ICLR
    2022, arXiv 2202.00155.)

    Example:
        >>> import keras
        >>> import numpy as np
        >>> from seal_tf import LLFCallback
        >>> model = keras.Sequential([
        ...     keras.Input((4,)), keras.layers.Dense(8, name="early"),
        ...     keras.layers.Dense(1, name="later")])
        >>> model.compile("adam", "mse")
        >>> history = model.fit(
        ...     np.ones((8, 4)), np.ones((8, 1)), epochs=4, verbose=0,
        ...     callbacks=[LLFCallback(generations=2, split_at="later")])

    Args:
        generations: Number of generations G. Pass this or
            `epochs_per_generation`.
        epochs_per_generation: Epochs per generation E.
        split_at: Where early layers end; see `SEALCallback`. Defaults to 0.5.
        layers: Kernels with new values: "later", "classifier", "blocks",
            "filters" or "all"; see `seal_tf.schedules.LLF`. Defaults to
            "later".
        reinit: Distribution of the new kernels, "reference" or
            "initializer"; see `seal_tf.schedules.LLF`. Defaults to
            "reference".
        seed: Random seed of the new kernels. Defaults to 0.
        checkpoint_dir: See `SEALCallback`. Defaults to None.
        **settings: `kept_fraction` and `rescale`; see
            `seal_tf.schedules.LLF`. `first_generation`, `learning_rate`,
            `warmup_epochs`, `decay_epochs`, `reset_optimizer`; see
            `SEALCallback`.
    """

    def __init__(
        self,
        generations: int | None = None,
        epochs_per_generation: int | None = None,
        *,
        split_at: SplitAt = 0.5,
        layers: str = "later",
        reinit: str = "reference",
        seed: int = 0,
        checkpoint_dir: str | Path | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(
            LLF(
                generations=generations,
                epochs_per_generation=epochs_per_generation,
                split_at=split_at,
                layers=layers,
                reinit=reinit,
                seed=seed,
                **settings,
            ),
            checkpoint_dir=checkpoint_dir,
        )
