"""The probes of `seal_tf.probe`: one file each, with `run(asked) -> dict`."""

#: Name of the probe, which is also its module's.
PROBES = ("prediction_depth", "linear", "few_shot", "ensemble", "sharpness")
