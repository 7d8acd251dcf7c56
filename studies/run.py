"""Runs a study: python -m studies.run methods --out=runs/studies --data=DATA

What is missing is run, the most important first; what was cut off goes on;
what each run found is kept in docs/results/STUDY/json as it ends, and the
page there is drawn anew. --dry_run says what it would cost. --repeat=RUN does
one run again, elsewhere, and compares.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from absl import flags

from seal_tf.cli.flags import one_line_errors, parse
from studies import compare, page, price, study
from studies.running import Runner, keep, kept


def define(values) -> None:
    """Defines the command's flags on `values`."""
    flags.DEFINE_string(
        "out",
        "runs/studies",
        "folder of the work directories, one folder a study",
        flag_values=values,
    )
    flags.DEFINE_string(
        "data", None, "folder of the archives of images", flag_values=values
    )
    flags.DEFINE_string(
        "results", "docs/results", "folder of what is kept", flag_values=values
    )
    flags.DEFINE_integer(
        "jobs",
        2,
        "runs at a time, which share the cores; other figures for another "
        "number, to rounding",
        1,
        flag_values=values,
    )
    flags.DEFINE_list(
        "only",
        [],
        "only runs that have one of these in their name",
        flag_values=values,
    )
    flags.DEFINE_bool(
        "dry_run", False, "say what it would cost, and stop", flag_values=values
    )
    flags.DEFINE_string(
        "repeat",
        None,
        "do this run again, in a folder of its own, and compare what it "
        "finds with what is kept",
        flag_values=values,
    )


def main(argv=None) -> int:
    """Runs the command; returns its exit code."""
    argv = sys.argv[1:] if argv is None else argv
    names = [word for word in argv if not word.startswith("-")]
    asked = parse(define, __doc__, [w for w in argv if w.startswith("-")])
    with one_line_errors():
        if len(names) != 1:
            raise ValueError(
                f"name one study of {', '.join(study.names())}. Received: "
                f"{' '.join(names) or 'none'}"
            )
        asked_for = study.read(names[0])
        runs = [
            r
            for r in asked_for.runs
            if not asked.only or any(part in r.name for part in asked.only)
        ]
        if not runs:
            raise ValueError(
                f"--only={','.join(asked.only)}: no run of {asked_for.name} "
                f"has that in its name; one is {asked_for.runs[0].name}."
            )
        folder = Path(asked.results) / asked_for.name
        if asked.dry_run:
            print(_price(asked_for, runs, folder, asked.jobs))
            return 0
        if asked.data is None or not Path(asked.data).is_dir():
            raise ValueError(
                f"--data={asked.data}: give the folder of the archives of "
                "images (docs/guides/run_a_study.md says which)."
            )
        if asked.repeat:
            return _repeated(asked, runs, folder)
        missing = [run for run in runs if kept(folder, run) is None]
    runner = Runner(asked.out, asked_for.name, asked.data, asked.jobs)

    def done(run, found):
        path = keep(folder, run, found)
        print(f"{run.name}: {_said(found['result'])} -> {path}", flush=True)

    try:
        with one_line_errors():
            failed = runner.all(missing, done)
            print(f"the page: {page.draw(asked_for, asked.results)}")
    except KeyboardInterrupt:
        print("stopped; the same command goes on", file=sys.stderr)
        return 130
    return 1 if failed else 0


def _said(result):
    name, value = compare.value(result)
    return f"{name} {value:.4g}"


def _price(asked_for, runs, folder, jobs):
    missing = [run for run in runs if kept(folder, run) is None]
    finished = [
        json.loads(path.read_text())
        for path in folder.parent.glob("*/json/*/*.json")
    ]
    priced = price.of(missing, finished, jobs)
    lines, total, unknown = [], 0.0, 0
    for one in priced:
        said = "a probe"
        if one["images"] is not None:
            said = f"{one['passes']} passes over {one['images']:,} images"
        if one["hours"] is None:
            unknown += 1
        else:
            total += one["hours"]
            said += f", {_time(one['hours'])}"
        lines.append(f"{one['name']}: {said}")
    lines.append(
        f"{asked_for.name}: {len(lines)} runs to do of {len(runs)}; "
        f"{total / jobs:.1f} hours at --jobs={jobs}"
        + (
            f", and {unknown} runs like none that is finished"
            if unknown
            else ""
        )
    )
    return "\n".join(lines)


def _time(hours):
    return f"{hours:,.0f} hours" if hours >= 2 else f"{60 * hours:.1f} minutes"


def _repeated(asked, runs, folder):
    run = next((r for r in runs if r.name == asked.repeat), None)
    before = run and kept(folder, run)
    if before is None:
        raise ValueError(f"--repeat={asked.repeat}: no such run in {folder}.")
    found = []
    with tempfile.TemporaryDirectory() as elsewhere:
        runner = Runner(
            asked.out, run.name, asked.data, before["jobs"], elsewhere
        )
        try:
            runner.all([run], lambda _, one: found.append(one))
        except KeyboardInterrupt:
            return 130
    if not found:
        return 1
    now, then = (_figures(one["result"]) for one in (found[0], before))
    print(f"{run.name}: {'the same figures' if now == then else 'OTHER'}")
    print(json.dumps(now, indent=1))
    if now != then:
        print(json.dumps(then, indent=1))
    return int(now != then)


def _figures(result):
    """What a run found, without how long it took."""
    return [
        compare.value(result),
        [
            {k: v for k, v in generation.items() if k != "seconds"}
            for generation in result.get("generations", ())
        ],
    ]


if __name__ == "__main__":
    sys.exit(main())
