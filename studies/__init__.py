"""Studies: sets of runs that answer a question, each held as data.

`studies/NAME.toml` says what is run; `python -m studies.run NAME --out=DIR`
runs what is missing. What was found lies in `docs/results/NAME/`.
"""
