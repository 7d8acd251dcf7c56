"""The algorithm of each operation of a model."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from seal_tf.fast_ops.convolution.geometry import Geometry
from seal_tf.fast_ops.convolution.operation import (
    PARTS,
    Choice,
    default_choice,
)
from seal_tf.fast_ops.convolution.table import table_choice


@dataclasses.dataclass(frozen=True)
class Choices:
    """The algorithms of the convolutions and of batch normalization.

    Args:
        convolutions: The algorithm of each part of a convolution, by
            `Geometry.key`. A convolution of another batch size gets the
            algorithms of the same geometry here, or else those of
            `table_choice`.
        fused_batch_norm: Whether batch normalization is one fused operation,
            instead of Keras' operations.
    """

    convolutions: Mapping[str, Choice] = dataclasses.field(default_factory=dict)
    fused_batch_norm: bool = True

    def of(self, geometry: Geometry) -> Choice:
        """Return the algorithms of a convolution."""
        if geometry.key in self.convolutions:
            return self.convolutions[geometry.key]
        for key, choice in self.convolutions.items():
            if Geometry.from_key(key).with_images(geometry.images) == geometry:
                return choice
        return table_choice(geometry)

    @property
    def replaced(self) -> int:
        """Number of convolutions with another algorithm than TensorFlow's."""
        default = default_choice()
        return sum(c != default for c in self.convolutions.values())

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return {
            "convolutions": dict(self.convolutions),
            "fused_batch_norm": self.fused_batch_norm,
        }

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Choices:
        """Return the choices of `to_json`.

        Raises:
            ValueError: If an algorithm does not exist.
        """
        choices = cls(**fields)
        for key, choice in choices.convolutions.items():
            geometry = Geometry.from_key(key)
            for part, module in PARTS.items():
                known = module.candidates(geometry)
                if choice.get(part) not in known:
                    raise ValueError(
                        f"The algorithm of a convolution's {part} must be one "
                        f"of {sorted(known)}. Received: {choice.get(part)!r}"
                    )
        return choices


class TensorFlowChoices(Choices):
    """TensorFlow's own operation for every part of every convolution."""

    def of(self, geometry: Geometry) -> Choice:
        """Return the algorithms of a convolution."""
        return default_choice()


def keras_choices(choices: Choices) -> Choices:
    """Return the same convolutions, computed by TensorFlow's operations."""
    return dataclasses.replace(
        choices,
        convolutions={key: default_choice() for key in choices.convolutions},
    )
