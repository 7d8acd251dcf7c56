"""The page of a study, drawn from the JSON of its runs alone."""

from __future__ import annotations

from pathlib import Path

from seal_tf.utils.files import write_bytes, write_text
from seal_tf.report import tables
from studies import compare, figures
from studies.running import kept


def draw(study, results) -> Path:
    """Draws `RESULTS/STUDY/README.md` and its figures.

    Args:
        study: The `Study`.
        results: The folder of all results.
    """
    folder = Path(results) / study.name
    found = read(folder, study)
    parts = [
        f"# {study.title}",
        study.question.strip(),
        _how(study, found),
    ]
    if len({where for where, *_ in found}) > 1:
        drawn = figures.overview(study, compare.gains(study, found))
        write_bytes(folder / "overview.png", figures.png(drawn))
        parts.append("![each method less the first one](overview.png)")
    for where, label in study.wheres.items():
        rows = compare.rows(study, found, where)
        if not rows:
            continue
        name = compare.name_of(found, where)
        parts += [f"## {label}", tables.markdown(_table(study, rows, name))]
        drawn = figures.methods(study, rows, label, name)
        write_bytes(folder / f"{where}.png", figures.png(drawn))
        parts.append(f"![{label}]({where}.png)")
        if ends := compare.by_generation(study, found, where):
            parts.append(_generations(ends))
        if drawn := figures.forgetting(study, found, where):
            write_bytes(folder / f"{where}_forgetting.png", figures.png(drawn))
            parts.append(
                f"![what an ascent leaves, {label}]({where}_forgetting.png)"
            )
    page = folder / "README.md"
    write_text(page, "\n\n".join(part.rstrip() for part in parts) + "\n")
    return page


def read(folder, study) -> dict:
    """What is kept of a study: by (where, method, seed).

    Args:
        folder: Its folder of results.
        study: The `Study`; results of runs that it no longer has are left
            out.

    Raises:
        ValueError: one is of other flags than the study has now.
    """
    results = ((run, kept(folder, run)) for run in study.runs)
    return {
        (run.where, run.method, run.seed): found
        for run, found in results
        if found is not None
    }


def _how(study, found):
    done = len(found)
    hours = sum(f["result"].get("seconds", 0) for f in found.values()) / 3600
    dates = sorted({f["date"] for f in found.values()}) or ["-"]
    machines = sorted({f["machine"] for f in found.values()})
    versions = sorted(
        {
            f"TensorFlow {f['result']['versions']['tensorflow']}, Keras "
            f"{f['result']['versions']['keras']}"
            for f in found.values()
            if "versions" in f["result"]
        }
    )
    return (
        f"`python -m studies.run {study.name} --data=DATA` "
        f"({done} of {len(study.runs)} runs done, {hours:.1f} hours of "
        f"training, several runs at a time on {' and '.join(machines)}, "
        f"{dates[0]} to {dates[-1]}, {' and '.join(versions)}). Each run's "
        "command and figures are in `json/`; "
        f"`python -m studies.run {study.name} --data=DATA --repeat=RUN` does "
        "one again and compares."
    )


def _generations(ends):
    """After each generation, for methods that have some."""
    most = max(map(len, ends.values()))
    lines = [["after generation", *(str(g + 1) for g in range(most))]]
    for label, by_seed in ends.items():
        said = [tables.spread(values) for values in by_seed]
        lines.append([label, *said, *[""] * (most - len(said))])
    return tables.markdown(lines)


def _table(study, rows, name):
    tested = any(row.published for row in rows)
    ascended = any(row.ascended for row in rows)
    head = ["method", "seeds", name + (", held out" if tested else "")]
    head += ["of the validation images"] if tested else []
    head += ["training accuracy as the last ascent ends"] if ascended else []
    head += [f"minus {study.methods[base]}" for base in study.bases]
    lines = [head]
    for row in rows:
        line = [row.label, str(len(row.found)), row.said()]
        if tested:
            line.append(
                tables.spread(row.published.values()) if row.published else ""
            )
        if ascended:
            line.append(
                tables.spread(row.ascended.values()) if row.ascended else ""
            )
        line += [row.less.get(base, "") for base in study.bases]
        lines.append(line)
    return lines
