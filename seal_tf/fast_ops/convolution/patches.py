"""Slices of the input of a convolution, and their sum back into it."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from seal_tf.fast_ops.convolution.geometry import Geometry


def patches(
    geometry: Geometry, x: tf.Tensor, taps: Sequence[tuple[int, int]]
) -> list[tf.Tensor]:
    """Return what each kernel position sees of the input.

    Args:
        geometry: Sizes of the convolution.
        x: The input, [images, height, width, channels].
        taps: Kernel positions.

    Returns:
        For each position, [images * output height * output width, channels].
    """
    rows, columns = geometry.rows, geometry.columns
    stride, channels = geometry.stride, geometry.channels
    if geometry.size == 1:
        return [tf.reshape(subsample(x, stride), (-1, channels))]
    x = _pad(x, (rows.before, rows.after), (columns.before, columns.after))
    if stride > 1:
        # Positions a stride apart become channels, so a slice is contiguous.
        x = _pad(x, (0, -x.shape[1] % stride), (0, -x.shape[2] % stride))
        x = tf.nn.space_to_depth(x, stride)
    slices = (
        tf.slice(
            x,
            (0, i // stride, j // stride, _block(geometry, i, j) * channels),
            (-1, rows.output, columns.output, channels),
        )
        for i, j in taps
    )
    return [tf.reshape(s, (-1, channels)) for s in slices]


def patch_matrix(geometry: Geometry, x: tf.Tensor) -> tf.Tensor:
    """Return what all kernel positions see, side by side.

    Args:
        geometry: Sizes of the convolution.
        x: The input, [images, height, width, channels].

    Returns:
        [images * output height * output width, taps * channels].
    """
    taps = geometry.taps
    columns = patches(geometry, x, taps)
    return columns[0] if len(taps) == 1 else tf.concat(columns, 1)


def kernel_matrix(geometry: Geometry, kernel: tf.Tensor) -> tf.Tensor:
    """Return the kernel at its taps, [taps * channels, filters].

    Args:
        geometry: Sizes of the convolution.
        kernel: [size, size, channels, filters].
    """
    taps = geometry.taps
    if len(taps) < geometry.size**2:
        kernel = tf.stack([kernel[i, j] for i, j in taps])
    return tf.reshape(kernel, (-1, geometry.filters))


def fold(
    geometry: Geometry,
    parts: Sequence[tf.Tensor],
    taps: Sequence[tuple[int, int]],
) -> tf.Tensor:
    """Add the parts of each kernel position at their places in the input.

    This is the transpose of `patches`.

    Args:
        geometry: Sizes of the convolution.
        parts: For each position, the output's height and width with the
            input's channels.
        taps: Kernel positions.

    Returns:
        [images, height, width, channels].
    """
    rows, columns = geometry.rows, geometry.columns
    stride = geometry.stride
    padded_height = rows.before + geometry.height + rows.after
    padded_width = columns.before + geometry.width + columns.after
    height, width = -(-padded_height // stride), -(-padded_width // stride)
    blocks: list[list[tf.Tensor]] = [[] for _ in range(stride**2)]
    for part, (i, j) in zip(parts, taps, strict=True):
        top, left = i // stride, j // stride
        part = _pad(
            part,
            (top, height - top - rows.output),
            (left, width - left - columns.output),
        )
        blocks[_block(geometry, i, j)].append(part)
    zeros = tf.zeros_like(next(b for b in blocks if b)[0])
    sums = [tf.add_n(block) if block else zeros for block in blocks]
    folded = sums[0]
    if stride > 1:
        folded = tf.nn.depth_to_space(tf.concat(sums, -1), stride)
    return tf.slice(
        folded,
        (0, rows.before, columns.before, 0),
        (-1, geometry.height, geometry.width, -1),
    )


def subsample(x: tf.Tensor, stride: int) -> tf.Tensor:
    """Return every stride-th position, from the first.

    A reshape replaces the strided slice where possible: TensorFlow's strided
    slice takes five times as long.

    Args:
        x: [images, height, width, channels].
        stride: Stride in both directions.
    """
    _, height, width, channels = x.shape
    if stride == 1:
        return x
    if height % stride or width % stride:
        return x[:, ::stride, ::stride]
    height, width = height // stride, width // stride
    x = tf.reshape(x, (-1, height, stride, width, stride * channels))
    x = tf.slice(x, (0, 0, 0, 0, 0), (-1, height, 1, width, channels))
    return tf.reshape(x, (-1, height, width, channels))


def upsample(x: tf.Tensor, geometry: Geometry) -> tf.Tensor:
    """Put zeros between the positions; the transpose of `subsample`.

    Args:
        x: [images, output height, output width, channels].
        geometry: Sizes of a convolution of one kernel position.

    Returns:
        [images, height, width, channels].
    """
    stride = geometry.stride
    if stride == 1:
        return x
    _, height, width, channels = x.shape
    x = tf.reshape(x, (-1, height, 1, width, channels))
    gaps = ((0, 0), (0, 0), (0, stride - 1), (0, 0))
    x = tf.pad(x, (*gaps, (0, (stride - 1) * channels)))
    x = tf.reshape(x, (-1, height * stride, width * stride, channels))
    # An input whose size is no multiple of the stride ends within a gap.
    size = (-1, geometry.height, geometry.width, -1)
    return tf.slice(x, (0, 0, 0, 0), size)


def _block(geometry: Geometry, i: int, j: int) -> int:
    """The block of channels of a kernel position in `space_to_depth`."""
    return (i % geometry.stride) * geometry.stride + j % geometry.stride


def _pad(
    x: tf.Tensor, rows: tuple[int, int], columns: tuple[int, int]
) -> tf.Tensor:
    if not any((*rows, *columns)):
        return x
    return tf.pad(x, ((0, 0), rows, columns, (0, 0)))
