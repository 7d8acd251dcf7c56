"""The sizes of a convolution."""

from __future__ import annotations

import dataclasses

import keras
import tensorflow as tf

#: Sizes of a tensor; None for an unknown number of images.
Shape = tuple[int | None, int | None, int | None, int | None]


@dataclasses.dataclass(frozen=True)
class Geometry:
    """The sizes of a two-dimensional convolution, channels last.

    Args:
        images: Images in a batch; None if that is unknown.
        height: Height of the input, in pixels.
        width: Width of the input, in pixels.
        channels: Channels of the input.
        filters: Channels of the output.
        size: Height and width of the kernel.
        stride: Stride in both directions.
        padding: "SAME" or "VALID", as in `tf.nn.conv2d`.
        dtype: Type of input, kernel and output.
    """

    images: int | None
    height: int
    width: int
    channels: int
    filters: int
    size: int
    stride: int
    padding: str
    dtype: str

    @classmethod
    def of(
        cls, x: tf.Tensor, kernel: tf.Tensor, stride: int, padding: str
    ) -> Geometry:
        """Return the geometry of a convolution of two tensors.

        Args:
            x: [images, height, width, channels].
            kernel: [size, size, channels, filters].
            stride: Stride in both directions.
            padding: "SAME" or "VALID".
        """
        images, height, width, channels = x.shape
        return cls(
            images=images,
            height=height,
            width=width,
            channels=channels,
            filters=kernel.shape[-1],
            size=kernel.shape[0],
            stride=stride,
            padding=padding,
            dtype=keras.backend.standardize_dtype(x.dtype),
        )

    @classmethod
    def from_key(cls, key: str) -> Geometry:
        """Return the geometry of a `key`."""
        images, *sizes, padding, dtype = key.split()
        height, width, channels, filters, size, stride = map(int, sizes)
        return cls(
            images=None if images == "None" else int(images),
            height=height,
            width=width,
            channels=channels,
            filters=filters,
            size=size,
            stride=stride,
            padding=padding,
            dtype=dtype,
        )

    @property
    def key(self) -> str:
        """The fields as one string, for a JSON file."""
        return " ".join(map(str, dataclasses.astuple(self)))

    @property
    def rows(self) -> Axis:
        """The vertical direction."""
        return Axis(self.height, self.size, self.stride, self.padding)

    @property
    def columns(self) -> Axis:
        """The horizontal direction."""
        return Axis(self.width, self.size, self.stride, self.padding)

    @property
    def input_shape(self) -> Shape:
        """[images, height, width, channels]."""
        return (self.images, self.height, self.width, self.channels)

    @property
    def kernel_shape(self) -> Shape:
        """[size, size, channels, filters]."""
        return (self.size, self.size, self.channels, self.filters)

    @property
    def output_shape(self) -> Shape:
        """[images, output height, output width, filters]."""
        size = (self.rows.output, self.columns.output)
        return (self.images, *size, self.filters)

    @property
    def taps(self) -> list[tuple[int, int]]:
        """Kernel positions that see at least one pixel of the input."""
        return [
            (i, j)
            for i in range(self.size)
            for j in range(self.size)
            if self.rows.outputs_of(i) and self.columns.outputs_of(j)
        ]

    @property
    def macs(self) -> int:
        """Multiply-adds of one part of the convolution, with padding."""
        positions = (self.images or 1) * self.rows.output * self.columns.output
        return positions * self.channels * self.filters * self.size**2

    def with_images(self, images: int | None) -> Geometry:
        """Return the geometry of a batch of another size."""
        return dataclasses.replace(self, images=images)


@dataclasses.dataclass(frozen=True)
class Axis:
    """One direction of a convolution.

    Args:
        input: Input pixels.
        size: Kernel positions.
        stride: Stride.
        padding: "SAME" or "VALID".
    """

    input: int
    size: int
    stride: int
    padding: str

    @property
    def output(self) -> int:
        """Output pixels."""
        if self.padding == "SAME":
            return -(-self.input // self.stride)
        return (self.input - self.size) // self.stride + 1

    @property
    def before(self) -> int:
        """Zeros that pad the input before its first pixel."""
        return self._padded // 2

    @property
    def after(self) -> int:
        """Zeros that pad the input after its last pixel."""
        return self._padded - self.before

    @property
    def _padded(self) -> int:
        if self.padding == "VALID":
            return 0
        covered = (self.output - 1) * self.stride + self.size
        return max(0, covered - self.input)

    def outputs_of(self, tap: int) -> range:
        """Return the outputs for which a kernel position sees a pixel.

        Args:
            tap: The kernel position, from 0.
        """
        offset = tap - self.before
        first = max(0, -(offset // self.stride))
        last = (self.input - 1 - offset) // self.stride
        return range(first, min(self.output, last + 1))
