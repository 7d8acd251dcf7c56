"""What ascents left where S was found, over all studies: python -m studies.left

Of the training accuracy above chance, against what was asked for.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from seal_tf.report import tables

RESULTS = Path("docs/results")
#: Runs in which nothing else of SEAL is changed, and nothing forgets beside.
PLAIN = {
    "ascent_scale": "auto",
    "ascent_epochs": None,
    "seal_ascend": "early",
    "seal_hold_rest": False,
    "seal_ascent_l2": 0.0,
    "reset_optimizer": True,
    "split_at": None,
    "optimizer": "sgd",
}


def main() -> int:
    for path, flags, ends in found():
        print(path, f"asked for {flags['keep']:g}:", *_rounded(ends))
    print(table())
    return 0


def found(results=RESULTS):
    """(file, flags, what each ascent left) of every such run, in order."""
    for path in sorted(results.glob("*/json/*/*.json")):
        result = json.loads(path.read_text())["result"]
        flags = result.get("flags")
        if "looks" not in result or "llf" in flags["method"]:
            continue
        # A flag that is newer than the run was as it is by default.
        if all(flags.get(k, v) == v for k, v in PLAIN.items()):
            phases = ascents(result["looks"])
            yield path, flags, [share(a[-1], a[0]) for a in phases]


def table(results=RESULTS) -> str:
    """Each share that was asked for, by network, and what was left."""
    groups: dict = {}
    for _, flags, ends in found(results):
        groups.setdefault((flags["keep"], flags["arch"]), []).extend(ends)
    lines = [
        [
            "asked for",
            "network",
            "ascents",
            "least",
            "half of them within",
            "middle",
            "most",
        ]
    ]
    for (keep, arch), ends in sorted(groups.items()):
        least, low, middle, high, most = _rounded(
            np.quantile(ends, [0, 0.25, 0.5, 0.75, 1])
        )
        lines.append(
            [
                f"{keep:g}",
                arch,
                str(len(ends)),
                least,
                f"{low} to {high}",
                middle,
                most,
            ]
        )
    return tables.markdown(lines)


def ascents(looks) -> list[list[dict]]:
    """Looks by the ascent that they belong to: epochs that follow on."""
    found = []
    for look in looks:
        if found and look["epoch"] - found[-1][-1]["epoch"] <= 1:
            found[-1].append(look)
        else:
            found.append([look])
    return found


def share(look, first) -> float:
    """What is left at a look of the accuracy above chance at the first."""
    whole = first["accuracy"] - first["chance"]
    return (look["accuracy"] - look["chance"]) / whole if whole else 0.0


def _rounded(values):
    # Without a minus before nothing.
    return [f"{round(v, 2) + 0.0:.2f}" for v in values]


if __name__ == "__main__":
    sys.exit(main())
