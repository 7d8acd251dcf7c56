"""Write the results of a finished run: summary, export and report."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras

from pipelines.images import Images
from pipelines.splits import duplicate_indices
from seal_tf import reports
from seal_tf.checkpoints.snapshots import snapshot_files
from seal_tf.cli.train import build
from seal_tf.cli.train.average_results import write_average
from seal_tf.cli.train.batches import evaluation_batches
from seal_tf.cli.train.cost import group_costs
from seal_tf.cli.train.ensemble import measure_ensemble
from seal_tf.cli.train.fit import TrainingRun
from seal_tf.cli.train.freezing_report import (
    describe_freezing,
    measure_freezing,
)
from seal_tf.cli.train.metrics_writer import MetricsWriter
from seal_tf.cli.train.network_files import write_network
from seal_tf.cli.train.summary import summarize
from seal_tf.schedules import cost
from seal_tf.utils.files import write_json


def write_results(run: TrainingRun, writer: MetricsWriter) -> Path:
    """Write ensemble, export, summary and report of a finished run.

    Args:
        run: The objects of the run.
        writer: The `MetricsWriter`, with the best weights.

    Returns:
        The report page.

    Raises:
        ValueError: If `metrics.jsonl` is incomplete.
    """
    if not writer.flush():
        raise ValueError(
            f"{run.workdir / 'metrics.jsonl'} is incomplete, so there is no "
            "summary. Solve the cause, and run the same command to resume."
        )
    settings, test = run.settings, run.splits.test
    model = run.model
    if run.replicas is not None:
        model = build.copy_to_one_device(settings, run.train, model)
    facts = _data_facts(run, test)
    if test is not None:
        facts["test"] = _evaluate(run, model, writer, test)
    run.stop.check()
    if run.generations.averaged_weights is not None:
        facts["average"] = write_average(run)
    run.stop.check()
    facts |= _method_facts(run, model)
    run.stop.check()
    summary = summarize(
        settings,
        run.workdir.epochs(),
        exported_weights=settings.output.export_weights,
        parameters=build.count_parameters(model),
        passes=_passes(run),
        training_images=len(run.train),
        validation_images=len(run.validation),
        classes=len(run.train.class_names),
        class_names=list(run.train.class_names),
        validation_crc32=run.validation.crc32,
        training_crc32=run.train.crc32,
        image_shape=list(run.train.image_shape),
        steps_per_epoch=build.steps_per_epoch(settings, run.train),
        flags=dict(settings.flags),
        **facts,
    )
    _export(run, model, writer, summary)
    run.stop.check()
    # A summary marks a finished run, so it is written last.
    write_json(run.workdir / "summary.json", summary)
    workdir = run.workdir.path
    report_file = reports.write_report([reports.read_run(workdir)], workdir)
    _print_results(summary, report_file)
    return report_file


def _data_facts(run: TrainingRun, test: Images | None) -> dict[str, Any]:
    """Facts about the images for the summary."""
    evaluated = run.validation if test is None else test
    duplicates = len(duplicate_indices(run.train, evaluated))
    if duplicates:
        print(
            f"{duplicates} of the {len(evaluated)} images of {evaluated.name} "
            f"are in {run.train.name}, too"
        )
    damaged = len(run.train.damaged) + len(evaluated.damaged)
    facts: dict[str, Any] = {
        "images_in_both_splits": duplicates,
        "damaged_images": damaged,
    }
    if run.train.label_noise:
        facts["label_noise"] = dataclasses.asdict(run.train.label_noise)
    return facts


def _passes(run: TrainingRun) -> float:
    """Forward and backward passes over the training images, in total."""
    plan = run.generations.plan
    repeats = run.settings.augmentation.repeat_augment
    return len(plan) * repeats * cost.passes_per_step(plan)


def _evaluate(
    run: TrainingRun, model: keras.Model, writer: MetricsWriter, test: Images
) -> dict[str, Any]:
    """Evaluate the exported weights on images that chose nothing."""
    _select_weights(run, model, writer)
    batches = evaluation_batches(test, run.settings.batch_size)
    metrics = model.evaluate(batches, verbose=0, return_dict=True)
    print(f"{test.name}: accuracy {metrics['accuracy']:.2%}, evaluated once")
    return {
        "images": len(test),
        "accuracy": metrics["accuracy"],
        "loss": metrics["loss"],
    }


def _select_weights(
    run: TrainingRun, model: keras.Model, writer: MetricsWriter
) -> None:
    if run.settings.output.export_weights == "best":
        assert writer.best is not None
        model.set_weights(writer.best[2])


def _method_facts(run: TrainingRun, model: keras.Model) -> dict[str, Any]:
    """Facts about weight decay, snapshots, rollbacks, S and freezing."""
    plan = run.generations.plan
    facts: dict[str, Any] = {}
    if report := plan.decay_report():
        facts["weight_decay"] = {
            "kind": report.decay.name,
            "coefficient": report.decay.coefficient,
            "timescale_epochs": report.timescale_epochs,
            "timescales_in_run": report.timescales,
        }
    if files := snapshot_files(plan, run.workdir / "snapshots"):
        facts["ensemble"] = measure_ensemble(run, files)
    if plan.backoffs:
        facts["rollbacks"] = [dataclasses.asdict(b) for b in plan.backoffs]
    if measurements := run.generations.scale_measurements:
        facts["scale_measurements"] = [
            dataclasses.asdict(m) for m in measurements
        ]
    if any(epoch.frozen for epoch in plan):
        facts["freezing"] = measure_freezing(
            run.workdir.epochs(),
            plan,
            group_costs(model, plan.schedule),
            len(run.train) * run.settings.augmentation.repeat_augment,
        )
        print(describe_freezing(facts["freezing"]))
    return facts


def _export(
    run: TrainingRun,
    model: keras.Model,
    writer: MetricsWriter,
    summary: Mapping[str, Any],
) -> None:
    """Write `model.keras` and `export/` with the chosen weights."""
    _select_weights(run, model, writer)
    results = {
        name: summary[name]
        for name in ("last", "best", "epochs", "test")
        if name in summary
    }
    write_network(run, model, "", run.settings.output.export_weights, results)


def _print_results(summary: Mapping[str, Any], report_file: Path) -> None:
    if "ensemble" in summary:
        ensemble = summary["ensemble"]
        print(
            f"ensemble of {ensemble['snapshots']} snapshots: "
            f"{ensemble['last'][-1]:.2%}"
        )
    if "average" in summary:
        average = summary["average"]
        print(
            f"average of {average['weights']} sets of weights: validation "
            f"accuracy {average['val_accuracy']:.2%}"
        )
    last, best = summary["last"], summary["best"]
    print(
        f"validation accuracy {last['val_accuracy']:.2%} after the last "
        f"epoch (best: {best['val_accuracy']:.2%}, epoch {best['epoch'] + 1}); "
        f"report: {report_file}"
    )
