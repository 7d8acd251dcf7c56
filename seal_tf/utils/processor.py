"""Describe the processor of this machine."""

from __future__ import annotations

import os
import platform
from pathlib import Path

#: Instruction sets that decide how fast float32 and bfloat16 are.
INSTRUCTION_SETS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")


def processor_name() -> str:
    """Return the name of the processor and its instruction sets.

    AVX2 is named only if there is no AVX-512.
    """
    info = _cpuinfo()
    if not info:
        return platform.processor() or platform.machine()
    supported = info.get("flags", "").split()
    instructions = [name for name in INSTRUCTION_SETS if name in supported]
    if len(instructions) > 1:
        instructions.remove("avx2")
    return " ".join([info.get("model name", platform.machine()), *instructions])


def usable_cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def processor_model() -> str:
    """Return the family and model numbers, which the name may not show."""
    info = _cpuinfo()
    return " ".join(
        info.get(field, "") for field in ("vendor_id", "cpu family", "model")
    ).strip()


def _cpuinfo() -> dict[str, str]:
    """The first processor in /proc/cpuinfo; empty elsewhere than on Linux."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return {}
    first = text.split("\n\n")[0]
    entries = (line.partition(":") for line in first.splitlines())
    return {name.strip(): value.strip() for name, _, value in entries}
