"""A method in any Keras project: one line among fit's callbacks."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras

from seal_tf.schedules import LLF, SEAL, AnnealedAscent, FreezeOut, Snapshots
from seal_tf.schedules.config import config_of
from seal_tf.training.callback import GenerationCallback

if TYPE_CHECKING:
    from seal_tf.training.groups import SplitAt


class _OneMethod(GenerationCallback):
    """A callback whose arguments are settings of its schedule."""

    def get_config(self) -> dict[str, Any]:
        """Its arguments as JSON, without `measure_on`."""
        takes = dict(inspect.signature(type(self)).parameters)
        (settings,) = config_of(self.schedule)
        given = settings | self._folders
        given["directory"] = given["snapshot_dir"]
        if "settings" in takes:
            takes = {
                **takes,
                **inspect.signature(type(self.schedule)).parameters,
            }
        return {name: given[name] for name in takes if name in given}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> GenerationCallback:
        return cls(**config)


@keras.saving.register_keras_serializable(package="seal_tf")
class SEALCallback(_OneMethod):
    """SEAL in any Keras project: one line among fit's callbacks.

    In the first epochs of every generation but the first the early layers
    take small ascent steps, forget, and relearn; later layers always descend
    (Sarfi et al., "Simulated annealing in early layers leads to better
    generalization", CVPR 2023, arXiv 2304.04858). Works with any Keras model
    and any optimizer whose step is proportional to its rate.

    Examples:
        >>> from seal_tf import SEALCallback
        >>> model.compile("adam", "sparse_categorical_crossentropy",
        ...               metrics=["accuracy"])
        >>> seal = SEALCallback(generations=4, split_at="conv4_block1")
        >>> model.fit(train, epochs=160, validation_data=val, callbacks=[seal])

    An ascent follows the loss that fit reports, regularizers that layers
    add to it included. An EMA of the weights (`use_ema`) begins anew at a
    reset of the optimizer.

    Args:
        generations: G, generations of the run. Give this or
            `epochs_per_generation`.
        epochs_per_generation: E, epochs of a generation.
        ascent_epochs: k, epochs of ascent. Defaults to `max(1, E // 4)`.
        first_generation: 0, or 1 for a network that is trained already: its
            run starts with an ascent. Defaults to 0.
        ascent_scale: S, the share of the ordinary step that an ascent step
            takes. Defaults to 0.01. "auto": found during each ascent, so that
            `keep` is left; asks for an accuracy among the metrics.
        keep: With "auto", what is to be left of the training accuracy above
            chance as an ascent ends. Defaults to 0.5.
        split_at: Where early layers end: the name, or its beginning, of the
            first later layer; a number between 0 and 1, the share of the
            layers with weights (in forward order) that are early; or a
            function of a layer, True for early. Defaults to 0.5.
        reset_optimizer: Whether the optimizer is made new at the start of a
            generation and again when ascent ends. Defaults to True.
        learning_rate: Base rate of the paper's schedule, linear warm-up and
            a cosine in every generation. None, the default, leaves the
            user's own rate in charge.
        warmup_epochs: Warm-up of that schedule. Defaults to `E // 8`.
        checkpoint_dir: Folder in which the state is kept as epochs end, so
            that the same fit goes on there; see `GenerationCallback`.
        measure_on: With "auto", what is looked at; see `GenerationCallback`.

    Raises:
        ValueError: see `GenerationCallback`.
    """

    def __init__(
        self,
        generations: int | None = None,
        epochs_per_generation: int | None = None,
        *,
        ascent_epochs: int | None = None,
        first_generation: int = 0,
        ascent_scale: float | str = 0.01,
        keep: float = 0.5,
        split_at: SplitAt = 0.5,
        reset_optimizer: bool = True,
        learning_rate: float | None = None,
        warmup_epochs: int | None = None,
        checkpoint_dir: str | Path | None = None,
        measure_on: tuple[Any, Any] | None = None,
    ) -> None:
        super().__init__(
            SEAL(
                generations=generations,
                epochs_per_generation=epochs_per_generation,
                ascent_epochs=ascent_epochs,
                first_generation=first_generation,
                ascent_scale=ascent_scale,
                keep=keep,
                split_at=split_at,
                reset_optimizer=reset_optimizer,
                learning_rate=learning_rate,
                warmup_epochs=warmup_epochs,
            ),
            checkpoint_dir=checkpoint_dir,
            measure_on=measure_on,
        )


@keras.saving.register_keras_serializable(package="seal_tf")
class LLFCallback(_OneMethod):
    """LLF: later layers' kernels are drawn anew every generation.

    (Zhou et al., "Fortuitous forgetting in connectionist networks", ICLR
    2022, arXiv 2202.00155.)

    Examples:
        >>> llf = LLFCallback(generations=4, split_at="conv4_block1")
        >>> model.fit(x, y, epochs=40, callbacks=[llf])

    Args:
        generations: G. Give this or `epochs_per_generation`.
        epochs_per_generation: E.
        split_at: Where early layers end; see `SEALCallback`.
        law: "reference" or "initializer"; see `seal_tf.schedules.LLF`.
        seed: Seed of the draws.
        checkpoint_dir: See `SEALCallback`.
        **settings: `first_generation`, `learning_rate`, `warmup_epochs`,
            `reset_optimizer`; see `SEALCallback`.
    """

    def __init__(
        self,
        generations: int | None = None,
        epochs_per_generation: int | None = None,
        *,
        split_at: SplitAt = 0.5,
        law: str = "reference",
        seed: int = 0,
        checkpoint_dir: str | Path | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(
            LLF(
                generations=generations,
                epochs_per_generation=epochs_per_generation,
                split_at=split_at,
                law=law,
                seed=seed,
                **settings,
            ),
            checkpoint_dir=checkpoint_dir,
        )


@keras.saving.register_keras_serializable(package="seal_tf")
class AnnealedAscentCallback(_OneMethod):
    """Every step ascends with a probability that falls to zero.

    Examples:
        >>> annealed = AnnealedAscentCallback(p0=0.3)
        >>> model.fit(x, y, epochs=40, callbacks=[annealed])

    Args:
        p0: Probability at the first step.
        q: Power with which it falls.
        ascent_scale: S.
        seed: Seed of the draws.
        checkpoint_dir: See `SEALCallback`.
        **settings: see `seal_tf.schedules.AnnealedAscent`.
    """

    def __init__(
        self,
        p0: float = 0.5,
        q: float = 1.0,
        *,
        ascent_scale: float = 0.01,
        seed: int = 0,
        checkpoint_dir: str | Path | None = None,
        **settings: Any,
    ) -> None:
        settings = {"generations": 1} | settings
        super().__init__(
            AnnealedAscent(
                p0=p0, q=q, ascent_scale=ascent_scale, seed=seed, **settings
            ),
            checkpoint_dir=checkpoint_dir,
        )


@keras.saving.register_keras_serializable(package="seal_tf")
class SnapshotCallback(_OneMethod):
    """A snapshot at the end of every cycle of a cosine that restarts.

    (Huang et al., "Snapshot ensembles: train 1, get M for free", ICLR 2017,
    arXiv 1704.00109.) `seal_tf.probes.ensemble` makes one of them.

    Examples:
        >>> kept = SnapshotCallback(cycles=5, directory="kept")
        >>> model.fit(x, y, epochs=200, callbacks=[kept])
        >>> kept.snapshots  # five files

    Args:
        cycles: M; must divide the epochs.
        learning_rate: Base rate of the cyclic cosine. None leaves the
            user's own rate in charge.
        directory: Folder of the snapshots; None keeps weights in memory.
        checkpoint_dir: See `SEALCallback`; snapshots are kept there, too,
            where no directory is given.
    """

    def __init__(
        self,
        cycles: int,
        *,
        learning_rate: float | None = None,
        directory: str | Path | None = None,
        checkpoint_dir: str | Path | None = None,
    ) -> None:
        super().__init__(
            Snapshots(cycles=cycles, learning_rate=learning_rate),
            snapshot_dir=directory,
            checkpoint_dir=checkpoint_dir,
        )


@keras.saving.register_keras_serializable(package="seal_tf")
class FreezeOutCallback(_OneMethod):
    """Early groups stop training early, and training gets faster.

    (Brock et al., "FreezeOut: accelerate training by progressively freezing
    layers", 2017, arXiv 1706.04983.)

    Examples:
        >>> model.fit(x, y, epochs=40, callbacks=[FreezeOutCallback(t0=0.5)])

    Args:
        t0: When the first group freezes, before the power.
        how: "linear", "squared" or "cubic".
        scaled: Whether groups that freeze early get a higher rate.
        grouping: "blocks", "stages" or "layers".
        learning_rate: Base rate. None anneals over the user's own.
        checkpoint_dir: See `SEALCallback`.
    """

    def __init__(
        self,
        t0: float = 0.8,
        how: str = "cubic",
        scaled: bool = True,
        *,
        grouping: str = "blocks",
        learning_rate: float | None = None,
        checkpoint_dir: str | Path | None = None,
    ) -> None:
        super().__init__(
            FreezeOut(
                t0=t0,
                how=how,
                scaled=scaled,
                grouping=grouping,
                learning_rate=learning_rate,
            ),
            checkpoint_dir=checkpoint_dir,
        )
