"""Benchmarks: ratios of times or memory, one module for each comparison.

`python -m benchmarks.NAME` writes `docs/benchmarks/NAME.json` and prints its
rows; `python -m benchmarks.table` draws the tables of docs/performance.md.
"""
