"""Studies: sets of runs that answer a question, each described by a TOML file.

`python -m studies.run NAME --data=DATA` trains the missing runs of
`studies/NAME.toml`. The results are in `docs/results/NAME/`.
"""
