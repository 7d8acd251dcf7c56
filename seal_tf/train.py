"""Train a network.

  python -m seal_tf.train --flagfile=configs/X.flags

The same command resumes a run; `seal_tf.cli.train.work_directory` lists the
files that it writes. Later flags override those of the file:

  python -m seal_tf.train --flagfile=configs/demo.flags --method=normal

To train with several seeds, and to report their mean and spread:

  python -m seal_tf.train --flagfile=configs/X.flags --seeds=0,1,2
"""

from __future__ import annotations

import contextlib
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from seal_tf.cli.errors import fail, one_line_errors, one_line_warnings
from seal_tf.cli.flags import parse
from seal_tf.cli.last_line import last_line_only
from seal_tf.cli.startup import check_backend, start_backend
from seal_tf.cli.train.cluster import Cluster
from seal_tf.cli.train.cluster_exit import exit_without_others
from seal_tf.cli.train.flags import define_train_flags
from seal_tf.cli.train.jax_cluster import JaxCluster
from seal_tf.cli.train.method_flags import flag_of_argument
from seal_tf.cli.train.seeds import (
    parse_seeds,
    report_seeds,
    seeds_folder,
    set_seed,
)
from seal_tf.cli.train.settings import TrainSettings, train_settings
from seal_tf.cli.train.stop_request import Stopped, StopRequest
from seal_tf.cli.train.work_directory import WorkDirectory
from seal_tf.cli.train.worker_failures import translate_worker_failures

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from absl.flags import FlagValues

    from seal_tf.cli.train.fit import TrainingRun
    from seal_tf.cli.train.metrics_writer import MetricsWriter


def main(argv: list[str] | None = None) -> int:
    """Run the command.

    Args:
        argv: The words after the command's name. Defaults to `sys.argv[1:]`.

    Returns:
        The exit code.
    """
    flags = parse(define_train_flags, __doc__ or "", argv)
    with one_line_errors():
        seeds = parse_seeds(flags)
    with StopRequest() as stop, last_line_only(flags.quiet):
        try:
            if seeds:
                return _run_seeds(argv, seeds, stop)
            return _run(flags, stop)
        except Stopped as stopped:
            return stopped.report()


def _run_seeds(
    argv: list[str] | None, seeds: Sequence[int], stop: StopRequest
) -> int:
    """Train with each seed, and report all. Finished runs are not repeated."""
    failed = []
    for number, seed in enumerate(seeds, 1):
        # A run resolves the flags that have no value.
        flags = parse(define_train_flags, "", argv)
        with one_line_errors():
            folder = seeds_folder(flags)
            set_seed(flags, seed)
        print(f"seed {seed} ({number} of {len(seeds)}): {flags.workdir}")
        if "keras" in sys.modules:
            # Keras numbers the layers without a name in a process.
            sys.modules["keras"].backend.clear_session()
        try:
            _run(flags, stop, repeat_results=False)
        except SystemExit as exit_:
            # A wrong flag is that of all seeds; a run that has begun may be
            # the only one that fails.
            begun = (Path(flags.workdir) / "flags.txt").exists()
            if exit_.code != 2 or not begun or flags.dry_run:
                raise
            failed.append(seed)
        if flags.dry_run:
            print(f"--seeds: so much for each of {len(seeds)} runs")
            return 0
    finished = [seed for seed in seeds if seed not in failed]
    with one_line_errors():
        if finished:
            report_seeds(folder, finished)
        if failed:
            raise ValueError(
                f"--seeds: {len(failed)} of {len(seeds)} runs failed, as said "
                f"above: {', '.join(f'seed {seed}' for seed in failed)}"
            )
    return 0


def _run(
    flags: FlagValues, stop: StopRequest, repeat_results: bool = True
) -> int:
    """Train.

    Args:
        flags: The parsed flags.
        stop: The request to stop.
        repeat_results: Whether to write the results of a finished run again.
    """
    flag_of = flag_of_argument(flags)
    with one_line_errors(flag_of):
        settings = train_settings(flags)
        check_backend(settings.devices.backend)
        cluster = _read_cluster(settings.devices.strategy)
        workdir = WorkDirectory(
            settings.output.workdir,
            settings.flags,
            settings.defaults,
            settings.unresolved,
        )
    try:
        with (
            exit_without_others(cluster),
            one_line_warnings(),
            _silence_workers(cluster),
        ):
            return _train(
                settings, workdir, cluster, flag_of, stop, repeat_results
            )
    finally:
        workdir.release()


def _read_cluster(strategy: str) -> Cluster | JaxCluster:
    if strategy == "data_parallel":
        return JaxCluster.from_environment()
    return Cluster.from_environment(strategy)


def _silence_workers(
    cluster: Cluster | JaxCluster,
) -> contextlib.AbstractContextManager[object]:
    if cluster.chief:
        return contextlib.nullcontext()
    print(
        f"process {cluster.index + 1} of {cluster.size}: takes part in the "
        "training; the first process prints and writes",
        flush=True,
    )
    return contextlib.redirect_stdout(io.StringIO())


def _train(
    settings: TrainSettings,
    workdir: WorkDirectory,
    cluster: Cluster | JaxCluster,
    flag_of: Mapping[str, str],
    stop: StopRequest,
    repeat_results: bool,
) -> int:
    with one_line_errors(flag_of), translate_worker_failures():
        if cluster.chief:
            workdir.check(lock=not settings.output.dry_run)
        start_backend(settings.devices.backend)
        stop.check()
        cluster.wait_for_all(settings.devices.wait_for_machines, stop.check)
        # These modules import the backend.
        from seal_tf import models
        from seal_tf.callbacks.generation import GenerationCallback
        from seal_tf.cli.train import build, devices
        from seal_tf.cli.train.batches import check_without_tensorflow
        from seal_tf.cli.train.cost import describe_cost
        from seal_tf.cli.train.data import complete_data_settings, read_images
        from seal_tf.cli.train.fit import Splits, TrainingRun
        from seal_tf.cli.train.image_settings import (
            describe_defaults,
            resolve_for_images,
        )
        from seal_tf.cli.train.results import write_results
        from seal_tf.cli.train.step_timing import measure_times

        models.check_architecture(settings.model.arch)
        check_without_tensorflow(settings)
        replicas = devices.configure_devices(settings, cluster)
        # TensorFlow's cluster catches SIGTERM for its own purposes.
        stop.set_handlers()
        settings = devices.resolve_precision(settings, workdir.precision)
        devices.set_precision_and_seed(settings)
        settings = complete_data_settings(settings)
        train, validation, test = read_images(settings, stop.check)
        settings = resolve_for_images(settings, train)
        workdir.resolve(settings.flags)
        splits = Splits(train, validation, test)
        if not repeat_results and workdir.is_finished(splits.images):
            print("the run is finished")
            return 0
        print(describe_defaults(settings, train))
        model = build.build_model(settings, train, replicas)
        stop.check()
        generations = GenerationCallback(
            settings.schedule,
            None if settings.output.dry_run else workdir / "snapshots",
            prepare=build.device_augmentation(settings),
            probe_data=build.probe_data(settings, train),
        )
        steps = build.steps_per_epoch(settings, train)
        plan = generations.plan_for(model, settings.epochs, steps)
    print(plan.describe())
    print(
        describe_cost(
            plan,
            model,
            len(train),
            settings.batch_size,
            settings.augmentation.repeat_augment,
        )
    )
    if settings.output.dry_run:
        if settings.output.measure:
            with one_line_errors(flag_of):
                times = measure_times(settings, model, generations, splits)
            validated = plan.validated_epochs(settings.output.validation_freq)
            print(
                times.describe(
                    settings.epochs, steps, settings.batch_size, len(validated)
                )
            )
        return 0
    run = TrainingRun(
        settings, workdir, model, generations, plan, splits, stop, replicas
    )
    writer = _fit(run, flag_of)
    if replicas is not None:
        replicas.end_training()
    if writer is not None:
        with one_line_errors(flag_of):
            write_results(run, writer)
    return 0


def _fit(run: TrainingRun, flag_of: Mapping[str, str]) -> MetricsWriter | None:
    """Resume and fit, and fit again after each rollback."""
    from seal_tf.cli.train.fit import fit
    from seal_tf.cli.train.resume import claim_workdir
    from seal_tf.cli.train.rollback import roll_back
    from seal_tf.cli.train.worker_sync import broadcast_state

    with one_line_errors(flag_of), translate_worker_failures():
        state = broadcast_state(run.replicas, lambda: claim_workdir(run))
    while True:
        try:
            with translate_worker_failures():
                writer = fit(run, state)
        except OSError as error:
            fail(
                f"{error.filename or run.workdir.path}: "
                f"{error.strerror or error}. Training stops; earlier files "
                "are unchanged. Solve the cause, and run the same command to "
                "resume."
            )
        if not run.generations.diverged:
            return writer
        with one_line_errors(flag_of), translate_worker_failures():
            state = broadcast_state(
                run.replicas,
                lambda: roll_back(
                    run.settings.checkpoints, run.workdir, run.generations
                ),
            )


if __name__ == "__main__":
    sys.exit(main())
