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
}
