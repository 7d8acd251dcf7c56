"""One file a data set: each has `read(split, …)`, see `pipelines.read`."""
