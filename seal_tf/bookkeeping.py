"""Flags that say how a run is carried out, and nothing of what is run."""

#: A resumed run may have others, and they make no other experiment.
BOOKKEEPING = {
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
}
