"""Describe this machine and this process."""

from __future__ import annotations

import platform
from pathlib import Path


def processor_name() -> str:
    """Return the name of the processor and its bfloat16 instruction sets."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    entries = (line.partition(":") for line in lines if ":" in line)
    info = {name.strip(): value.strip() for name, _, value in entries}
    supported = info.get("flags", "").split()
    instructions = [
        name
        for name in ("avx512f", "avx512_bf16", "amx_bf16")
        if name in supported
    ]
    return " ".join([info.get("model name", platform.machine()), *instructions])


def peak_memory_gb() -> float:
    """Return the peak memory of this process in GB.

    `resource.getrusage` is no alternative: a child process starts with the
    peak of its parent there.
    """
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e9
