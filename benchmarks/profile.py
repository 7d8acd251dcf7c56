"""Where the time of a profiled step goes, operation by operation.

  python -m benchmarks.profile runs/demo/seal/tensorboard [--most=15]

Reads what `--profile_steps` wrote, without TensorBoard's plugin: for every
kind of operation the milliseconds and calls a step, on all threads together.
"""

from __future__ import annotations

import argparse
import collections
import sys
from pathlib import Path

STEP = "Profiled batch"
#: What runs operations, and is none.
AROUND = ("Process", "Run", "FunctionRun", "Root", "DoCompute", "Start")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--most", type=int, default=15)
    asked = parser.parse_args()
    files = sorted(asked.folder.rglob("*.xplane.pb"))
    if not files:
        print(f"{asked.folder}: no profile; train with --profile_steps=10:20")
        return 2
    steps, wall, kinds = read(files[-1])
    print(f"{files[-1]}: {steps} steps of {wall:.1f} ms")
    print("| operation | ms a step | calls a step |\n|---|---|---|")
    for kind, (milliseconds, calls) in kinds[: asked.most]:
        print(f"| {kind} | {milliseconds:.1f} | {calls:.0f} |")
    return 0


def read(path):
    """(steps, wall milliseconds a step, [(kind, (milliseconds, calls))])."""
    # Where TensorFlow keeps the format; the plugin reads the same one.
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    space = xplane_pb2.XSpace()
    space.ParseFromString(path.read_bytes())
    spent, calls = collections.Counter(), collections.Counter()
    steps, wall = 0, 0.0
    for plane in space.planes:
        names = plane.event_metadata
        for event in (e for line in plane.lines for e in line.events):
            name, took = names[event.metadata_id].name, event.duration_ps / 1e9
            if name.startswith(STEP):
                steps, wall = steps + 1, wall + took
            elif ":" in name and plane.name.startswith("/host:CPU"):
                # "path/of/the/node:Operation"
                kind = name.rsplit(":", 1)[1].strip()
                if kind in AROUND or kind.startswith("__"):
                    continue
                spent[kind] += took
                calls[kind] += 1
    steps = max(1, steps)
    return (
        steps,
        wall / steps,
        [(k, (ms / steps, calls[k] / steps)) for k, ms in spent.most_common()],
    )


if __name__ == "__main__":
    sys.exit(main())
