"""Show where the time of profiled steps goes, operation by operation.

  python -m benchmarks.profile runs/demo_seal/tensorboard [--rows=15]

Reads a profile that `--profile_steps` wrote, without TensorBoard's plugin,
and prints the milliseconds and calls per step of each kind of operation, on
all threads together.
"""

from __future__ import annotations

import collections
import sys
from pathlib import Path

from benchmarks.arguments import create_parser

STEP = "Profiled batch"
#: Events that contain operations and are not operations themselves.
ENCLOSING = ("Process", "Run", "FunctionRun", "Root", "DoCompute", "Start")

#: (kind of operation, (milliseconds per step, calls per step)).
KindCost = tuple[str, tuple[float, float]]


def main() -> int:
    """Run the command."""
    parser = create_parser(__doc__)
    parser.add_argument("folder", type=Path, help="folder of the profile")
    parser.add_argument(
        "--rows", type=int, default=15, help="number of operations to print"
    )
    arguments = parser.parse_args()
    files = sorted(arguments.folder.rglob("*.xplane.pb"))
    if not files:
        print(
            f"{arguments.folder}: the folder contains no profile. Train with "
            "--profile_steps=10:20 to write one."
        )
        return 2
    steps, milliseconds, kinds = read(files[-1])
    print(f"{files[-1]}: {steps} steps of {milliseconds:.1f} ms")
    print("| operation | ms per step | calls per step |\n|---|---|---|")
    for kind, (kind_milliseconds, calls) in kinds[: arguments.rows]:
        print(f"| {kind} | {kind_milliseconds:.1f} | {calls:.0f} |")
    return 0


def read(path: Path) -> tuple[int, float, list[KindCost]]:
    """Read a profile.

    Args:
        path: An `.xplane.pb` file.

    Returns:
        (steps, wall milliseconds per step, cost of each kind of operation,
        most expensive first).
    """
    # TensorFlow's own module of the format; the plugin reads the same format.
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    space = xplane_pb2.XSpace()
    space.ParseFromString(path.read_bytes())
    milliseconds: collections.Counter[str] = collections.Counter()
    calls: collections.Counter[str] = collections.Counter()
    steps, wall = 0, 0.0
    for plane in space.planes:
        names = plane.event_metadata
        for event in (e for line in plane.lines for e in line.events):
            name = names[event.metadata_id].name
            duration = event.duration_ps / 1e9
            if name.startswith(STEP):
                steps, wall = steps + 1, wall + duration
            elif ":" in name and plane.name.startswith("/host:CPU"):
                # "path/of/the/node:Operation"
                kind = name.rsplit(":", 1)[1].strip()
                if kind in ENCLOSING or kind.startswith("__"):
                    continue
                milliseconds[kind] += duration
                calls[kind] += 1
    steps = max(1, steps)
    kinds = [
        (kind, (spent / steps, calls[kind] / steps))
        for kind, spent in milliseconds.most_common()
    ]
    return steps, wall / steps, kinds


if __name__ == "__main__":
    sys.exit(main())
