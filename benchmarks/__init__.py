"""Ratios, one file a question; each writes JSON and prints its row."""
