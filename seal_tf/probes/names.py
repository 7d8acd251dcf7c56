"""Names that flags offer. Imports nothing, so that `--help` is instant."""

#: How features are kept on disk.
FEATURE_DTYPES = ("float16", "float32")
#: What is fitted in a few-shot episode.
CLASSIFIERS = ("ridge", "logistic")
