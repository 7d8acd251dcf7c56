"""Trains a network: python -m seal_tf.train --flagfile=configs/X.flags

What a run writes, and that the same command resumes it, is said in
`seal_tf.commands.workdir`. Later flags win over those of the file:

  python -m seal_tf.train --flagfile=configs/demo.flags --method=normal
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import sys

from seal_tf.commands import (
    data_flags,
    freezing,
    method,
    profiling,
    train_flags,
)
from seal_tf.commands.cluster import Cluster
from seal_tf.commands.flags import (
    fail,
    one_line_errors,
    one_line_warnings,
    parse,
    settings,
    stopped_by_sigterm,
)
from seal_tf.commands.quiet import start_tensorflow
from seal_tf.commands.stopping import Stopped
from seal_tf.commands.workdir import Workdir
from seal_tf.files import write_json


def main(argv=None) -> int:
    """Runs the command; returns its exit code."""
    flags = parse(
        train_flags.define, __doc__, sys.argv[1:] if argv is None else argv
    )
    with one_line_errors():
        schedule = method.schedule_from(flags)
        profiling.steps(flags)
        if flags.dry_run:
            # The plan is that of one device, and nobody waits for others.
            flags["strategy"].value = "none"
        cluster = Cluster.of(flags)
        workdir = Workdir(_workdir(flags), flags)
    try:
        with one_line_warnings(), _only_one_speaks(cluster):
            return _run(flags, schedule, workdir, cluster)
    finally:
        workdir.release()


def _only_one_speaks(cluster):
    if cluster.chief:
        return contextlib.nullcontext()
    print(
        f"process {cluster.place + 1} of {cluster.size}: trains along; the "
        "first one writes and speaks",
        flush=True,
    )
    return contextlib.redirect_stdout(io.StringIO())


def _run(flags, schedule, workdir, cluster) -> int:
    with one_line_errors():
        if cluster.chief:
            workdir.check()
        start_tensorflow()
        cluster.meet(flags.wait_for_machines)
        from seal_tf.commands import devices, fitting, setup
        from seal_tf.commands.agreement import machines_stay, state_for_all
        from seal_tf.commands.rollback import rolled_back
        from seal_tf.training.callback import GenerationCallback

        replicas = devices.before_tensorflow(flags)
        train, validation, test = _data(flags)
        model = setup.model(flags, train, replicas)
        callback = GenerationCallback(
            schedule,
            workdir / "snapshots",
            prepare=setup.on_device(flags),
            measure_on=setup.slice_of(flags, schedule, train),
        )
        plan = callback.plan_for(
            model, method.epochs_of(flags), setup.steps(flags, train)
        )
    print(plan.describe())
    print(setup.cost(flags, model, plan, len(train)))
    if flags.dry_run:
        return 0

    def found():
        splits = train, validation
        state = None
        if workdir.claim():
            workdir.check_data(splits)
            state = setup.state(workdir, model, plan)
        epochs = state.epoch if state else 0
        workdir.check_epochs(epochs)
        workdir.begin(splits, epochs, finished=epochs == len(plan))
        return state

    with one_line_errors(), machines_stay():
        state = state_for_all(replicas, found)
    while True:
        try:
            with machines_stay():
                recorder = fitting.fit(
                    flags,
                    model,
                    callback,
                    workdir,
                    train,
                    validation,
                    state,
                    replicas,
                )
        except Stopped as stopped:
            print(f"seal_tf: {stopped}", file=sys.stderr)
            return stopped.exit_code
        except OSError as error:
            fail(
                f"{error.filename or workdir.path}: {error.strerror or error}. "
                "Training stops; what was written before is whole: mend that, "
                "and the same command goes on."
            )
        if not callback.diverged:
            break
        with one_line_errors(), machines_stay():
            state = state_for_all(
                replicas, lambda: rolled_back(flags, workdir, callback)
            )
    if cluster.chief:
        with one_line_errors(), stopped_by_sigterm():
            if not recorder.complete():
                raise ValueError(
                    f"{workdir / 'metrics.jsonl'} is not complete, so there "
                    "is no summary: mend that, and the same command goes on."
                )
            if replicas is not None:
                model = setup.on_one_device(flags, train, model)
            facts = setup.facts_of_data(
                flags, model, train, validation, test, recorder
            )
            _finish(
                flags,
                model,
                callback.plan,
                workdir,
                train,
                validation,
                recorder,
                callback.looks,
                facts,
            )
    return 0


def _workdir(flags):
    return flags.workdir or (
        f"runs/{flags.method}-{flags.dataset}-{flags.arch}-seed{flags.seed}"
    )


def _data(flags):
    """(training images, what is validated on, what is only reported)."""
    train, validation = data_flags.read(flags)
    if flags.val_from_train is None:
        return train, validation, None
    from pipelines.splits import hold_out

    test = validation
    train, validation = hold_out(train, flags.val_from_train, seed=0)
    print(
        f"--val_from_train: {len(validation):,} training images are held out "
        f"to validate on; {test.name} is only reported"
    )
    return train, validation, test


def _finish(
    flags, model, plan, workdir, train, validation, recorder, looks, facts
):
    """Export, ensemble of snapshots, summary, page."""
    from seal_tf import report
    from seal_tf.commands import setup
    from seal_tf.commands.summary import summarise
    from seal_tf.training.happenings import snapshot_files

    if kept := snapshot_files(plan, workdir / "snapshots"):
        from seal_tf.commands.snapshots import measure_ensemble

        facts["ensemble"] = measure_ensemble(
            flags, workdir, kept, train, validation
        )
    if plan.eased:
        facts["rollbacks"] = [dataclasses.asdict(e) for e in plan.eased]
    if looks:
        facts["looks"] = [dataclasses.asdict(look) for look in looks]
    if any(epoch.frozen for epoch in plan):
        facts["freezing"] = freezing.measured(
            workdir.epochs(),
            plan,
            setup.costs(model, plan.schedule),
            len(train),
        )
        print(freezing.said(facts["freezing"]))
    summary = summarise(
        flags,
        workdir.epochs(),
        exported_weights=flags.export_weights,
        parameters=setup.parameters(model),
        training_images=len(train),
        validation_images=len(validation),
        classes=len(train.class_names),
        image_shape=list(train.image_shape),
        steps_per_epoch=setup.steps(flags, train),
        flags=settings(flags),
        **facts,
    )
    setup.export(flags, model, workdir, train, recorder, summary)
    # Last: a summary says that the run is finished.
    write_json(workdir / "summary.json", summary)
    page = report.write_page([report.read_run(workdir.path)], workdir.path)
    last, best = summary["last"], summary["best"]
    if "ensemble" in facts:
        print(
            f"ensemble of {len(kept)} snapshots: "
            f"{facts['ensemble']['last'][-1]:.2%}"
        )
    print(
        f"validation accuracy {last['val_accuracy']:.2%} after the last "
        f"epoch (best: {best['val_accuracy']:.2%}, epoch {best['epoch'] + 1}); "
        f"the page: {page}"
    )


if __name__ == "__main__":
    sys.exit(main())
