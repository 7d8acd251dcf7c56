"""Prediction depth: the tap from which k-NN probes decide an example."""
