"""Every data set by name. Imports nothing, so that `--help` is instant."""

#: Name: the module of `pipelines.sources` that reads it.
SOURCES = {
    "digits": "digits",
    "image_folder": "image_folder",
    "tiny_imagenet": "tiny_imagenet",
}

NAMES = tuple(sorted(SOURCES))
