"""A learning-rate factor for each layer."""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from seal_tf.schedules.epoch_plan import EpochPlan, LayerFacts, Run
from seal_tf.schedules.schedule import Schedule, setting

UNITS = ("blocks", "stages", "layers")
DEFAULT_DECAY = 0.8


@dataclasses.dataclass(frozen=True, kw_only=True)
class LayerRates(Schedule):
    """A learning-rate factor for each layer; a modifier of a method.

    The factor scales the update of a layer, so it acts in the same way with
    every optimizer, and its decoupled weight decay. By depth, layer l of
    0 … L has the factor decay^(L - l): layer-wise learning-rate decay
    (ELECTRA, arXiv 2003.10555, appendix A). The factor multiplies the rates of
    other methods, S of an ascent included.

    Example:
        >>> from seal_tf.schedules import SEAL, LayerRates
        >>> schedule = SEAL(generations=2, split_at=0.5) + LayerRates(decay=0.7)
        >>> named = LayerRates(factors={"conv1": 0.1, "predictions": 2})

    Args:
        decay: Factor from one depth to the one before it, above 0. None, the
            default, is 0.8, or 1 with `factors`.
        factors: Factors of layers by name, at least 0: a dict from the name
            of a layer, or of a model around it, or the start of such a name;
            a text such as "conv1:0.1,predictions:2"; or a function of the path
            of a layer. Other layers have the factor 1. Defaults to None.
        depth: Unit of the depth: "blocks" (residual blocks), "stages" or
            "layers". Layers after the last block, the classifier included,
            have the depth of the last block. Defaults to "blocks".
    """

    decay: float | None = setting(
        None,
        "factor of the learning rate from one depth to the one before it "
        f"(default: {DEFAULT_DECAY}; 1 with --layer_rates_factors)",
    )
    factors: Mapping[str, float] | Callable[[str], float] | str | None = (
        setting(
            None,
            "factors of the learning rate by the name, or the start of the "
            "name, of layers: conv1:0.1,predictions:2",
        )
    )
    depth: str = setting("blocks", "unit of the depth", choices=UNITS)

    name = "layer_rates"
    is_modifier = True
    priority = 4

    def __post_init__(self) -> None:
        if self.decay is None:
            default = DEFAULT_DECAY if self.factors is None else 1.0
            object.__setattr__(self, "decay", default)
        if isinstance(self.factors, str):
            object.__setattr__(self, "factors", _parse(self.factors))
        if not 0 < self._decay < math.inf:
            raise ValueError(
                "Argument `decay` must be finite and above 0. Received: "
                f"decay={self.decay}"
            )
        if self.depth not in UNITS:
            raise ValueError(
                f"Argument `depth` must be one of {', '.join(UNITS)}. "
                f"Received: depth={self.depth!r}"
            )

    @property
    def _decay(self) -> float:
        assert self.decay is not None
        return self.decay

    @property
    def layer_depth(self) -> str:
        """The unit of the depth of the layers that the plan needs."""
        return self.depth

    def apply(self, plan: EpochPlan, run: Run) -> EpochPlan:
        """Set the factor of every layer."""
        return plan.compose_with(layer_scale=self._scale(run.layers))

    def _scale(self, layers: Sequence[LayerFacts]) -> np.ndarray:
        if not layers:
            raise ValueError(
                "layer_rates requires the layers of the run. Build the plan "
                "with `GenerationCallback.plan_for`, from a model."
            )
        last = max(layer.depth for layer in layers)
        by_depth = [self._decay ** (last - layer.depth) for layer in layers]
        named = self._named_factors([layer.path for layer in layers])
        return np.multiply(by_depth, named).astype(np.float32)

    def _named_factors(self, paths: Sequence[str]) -> list[float]:
        factors: Any = self.factors
        if factors is None:
            return [1.0] * len(paths)
        if isinstance(factors, Mapping):
            keys = [_matching_key(path, factors) for path in paths]
            for key in factors:
                if key not in keys:
                    raise _no_match(key, paths)
            values = [1.0 if key is None else factors[key] for key in keys]
        else:
            values = [factors(path) for path in paths]
        for path, value in zip(paths, values, strict=True):
            if not 0 <= value < math.inf:
                raise ValueError(
                    "Argument `factors` must contain finite numbers of at "
                    f"least 0. Received: {value} for {path}"
                )
        return values


def _matching_key(path: str, factors: Mapping[str, float]) -> str | None:
    """The key of a layer: a whole name, or else the longest start of one."""
    names = path.split("/")
    # The innermost name comes first.
    for name in (path, *reversed(names)):
        if name in factors:
            return name
    starts = [key for key in factors if any(n.startswith(key) for n in names)]
    return max(starts, key=len, default=None)


def _no_match(key: str, paths: Sequence[str]) -> ValueError:
    names = list(dict.fromkeys(n for path in paths for n in path.split("/")))
    nearest = difflib.get_close_matches(key, names, n=5, cutoff=0.3)
    return ValueError(
        f"`factors`: {key!r} matches no further layer of the model. Nearest "
        f"names: {', '.join(nearest or names[:5])}"
    )


def _parse(text: str) -> dict[str, float]:
    """Parse NAME:FACTOR,NAME:FACTOR."""
    factors = {}
    for part in text.split(","):
        name, separator, number = part.rpartition(":")
        try:
            factors[name.strip()] = float(number)
        except ValueError:
            separator = ""
        if not separator or not name.strip():
            raise ValueError(
                "Argument `factors` must be names and numbers, as in "
                f"conv1:0.1,predictions:2. Received: factors={text}"
            )
    return factors
