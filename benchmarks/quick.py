"""Show in a minute how fast this machine trains, and with what.

  python -m benchmarks.quick

Prints ten lines, and writes nothing. Compare them with the tables of
docs/performance.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from benchmarks.arguments import create_parser
from benchmarks.interleaved_timing import time_interleaved
from benchmarks.random_batch import random_batch

SIZE, BATCH, ROUNDS = 32, 32, 7


def main() -> None:
    """Run the benchmark."""
    create_parser(__doc__).parse_args()
    for name, value in measure():
        print(f"{name:<58} {value}", flush=True)


def measure() -> Iterator[tuple[str, str]]:
    """Yield (what is measured, its value)."""
    from benchmarks.floor import copy_rate, product_rate
    from seal_tf.fast_ops.precision import bfloat16_ratio
    from seal_tf.utils.processor import processor_name

    yield "processor", processor_name()
    yield "float32 products", f"{product_rate() / 1e9:.0f} G multiply-adds/s"
    yield "copies", f"{copy_rate() / 1e9:.1f} GB/s"
    ratio = bfloat16_ratio()
    faster = "mixed_bfloat16" if ratio < 1 else "float32"
    yield (
        "convolutions in bfloat16, time relative to float32",
        f"{ratio:.2f}: use {faster}",
    )
    for arch in ("small", "resnet18"):
        modes = ("off", "table", "measure")
        steps = {mode: _step(arch, mode) for mode in modes}
        times = time_interleaved(steps, ROUNDS)
        seconds = times["median_seconds"]
        yield (
            f"a step of {arch}, {SIZE}x{SIZE}, batch {BATCH}, plain Keras",
            f"{seconds['off']:.4f} s, {BATCH / seconds['off']:,.0f} images/s",
        )
        for mode in modes[1:]:
            yield (
                f"  with --fast_ops={mode}",
                f"{times['ratio'][mode]['median']:.2f} of that",
            )


def _step(arch: str, mode: str) -> Callable[[], object]:
    from benchmarks import training_steps
    from seal_tf import FastOps

    model = training_steps.compiled_model(arch, SIZE)
    callback = FastOps(mode, report=None)
    training_steps.start_callback(callback, model, 1, 10**6)
    data = training_steps.repeat_batch(*random_batch(BATCH, SIZE))
    return training_steps.step_function(model, data, [callback])


if __name__ == "__main__":
    main()
