"""Probes measure what a trained network has learned.

Each probe is a package with a class of `seal_tf.probes.base.Probe`, which
`seal_tf.probes.registry` lists.
"""
