"""Ensemble probe: the snapshots of a run, alone and together."""
