"""Flags that do not change what a run computes."""

from __future__ import annotations

#: A resumed run may have other values, and runs that differ in these flags
#: only are runs of the same experiment.
NON_SEMANTIC_FLAGS = frozenset(
    {
        "workdir",
        "data_dir",
        "progress",
        "taps",
        "tap_pooling",
        "cache_memory",
        "image_cache",
        "checkpoint_every_epochs",
        "checkpoint_every_minutes",
        "checkpoints_kept",
        "on_divergence",
        "max_rollbacks",
        "strategy",
        "cpu_devices",
        "wait_for_machines",
        "fast_ops",
        "profile_steps",
        "norms_every",
        "validation_freq",
    }
)
