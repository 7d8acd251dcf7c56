"""From flags to the objects of a training run."""

from __future__ import annotations

import sys

import keras
import numpy as np

import pipelines.batches
from pipelines.augmentation.normalise import normalise
from pipelines.splits import in_both, part
from seal_tf import models
from seal_tf.commands import data_flags, devices, method
from seal_tf.commands.flags import settings
from seal_tf.commands.loading import load_keras
from seal_tf.optimizers import SGD
from seal_tf.probes import taps
from seal_tf.schedules import forgetting, past
from seal_tf.schedules import price as pricing
from seal_tf.training import groups, multiply_adds
from seal_tf.training.distribution import synchronize_batch_norm
from seal_tf.training.happenings import check_snapshots
from seal_tf.training.saving import save_bare


def model(flags, train, replicas=None):
    """The compiled model, from scratch or from `--init_from`.

    Args:
        flags: The parsed flags.
        train: Training images.
        replicas: The `Replicas` that it is made for; None: one device.
    """
    if replicas is None:
        network = _model(flags, train)
        _make_metrics(network, len(train.class_names))
        return network
    with replicas.strategy.scope():
        network = _model(flags, train)
    if flags.sync_batch_norm:
        synchronize_batch_norm(network)
    where = f"{replicas.count} replicas"
    if replicas.workers > 1:
        where += f" on {replicas.workers} machines"
    norm = "synchronized" if flags.sync_batch_norm else "per replica"
    print(
        f"{where}, {flags.batch_size // replicas.count} images of a batch "
        f"each; BatchNormalization {norm}"
    )
    return network


def _make_metrics(network, classes):
    """Variables that are made within a step have it traced a second time."""
    one = np.zeros((1, classes), np.float32)
    network.compute_metrics(None, one, one)
    network.reset_metrics()


def on_one_device(flags, train, trained):
    """The same model with the same weights, outside any strategy."""
    network = _model(flags, train)
    network.set_weights(trained.get_weights())
    return network


def _model(flags, train):
    network = models.build(
        flags.arch, train.image_shape, len(train.class_names)
    )
    if flags.init_from:
        _start_from(network, flags.init_from)
    if flags.taps != "blocks":
        # What fits no layer is to be said now, not after the training.
        taps.choose(network, train.image_shape, flags.taps.split(","))
    network.compile(
        _optimizer(flags),
        keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=flags.label_smoothing
        ),
        metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
        jit_compile=devices.xla(flags),
    )
    # In this scope, and on every machine: a state is compared with it.
    network.optimizer.build(network.trainable_variables)
    print(
        f"{flags.arch}: {parameters(network):,} trainable parameters, "
        f"{flags.precision}, XLA {'on' if network.jit_compile else 'off'}"
        f"{', fast_ops' if devices.fast_ops(flags) else ''}"
    )
    return network


def _optimizer(flags):
    average = {
        "use_ema": flags.ema_momentum > 0,
        "ema_momentum": flags.ema_momentum,
    }
    if flags.optimizer == "adamw":
        return keras.optimizers.AdamW(
            flags.learning_rate, weight_decay=flags.l2, **average
        )
    return SGD(
        flags.learning_rate,
        flags.momentum,
        flags.nesterov,
        flags.l2,
        **average,
    )


def parameters(network) -> int:
    """Number of trainable parameters."""
    return sum(int(np.prod(v.shape)) for v in network.trainable_variables)


def _start_from(network, path):
    trained = load_keras(path, "--init_from")
    ours, theirs = network.weights, trained.weights
    if [v.shape for v in ours] != [v.shape for v in theirs]:
        at = next(
            (
                f"{a.path} is {tuple(a.shape)}, not {tuple(b.shape)}"
                for a, b in zip(ours, theirs, strict=False)
                if a.shape != b.shape
            ),
            f"{len(ours)} weights, not {len(theirs)}",
        )
        raise ValueError(
            f"--init_from={path}: its weights do not fit {network.name} here "
            f"({at}): give its --arch, --image_size and classes."
        )
    network.set_weights(trained.get_weights())


def steps(flags, train) -> int:
    return pipelines.batches.steps_per_epoch(
        len(train), flags.batch_size, flags.drop_remainder
    )


def on_device(flags):
    """What the train step does first under `--augment_on=device`."""
    recipe = data_flags.recipe(flags)
    if flags.augment_on == "host":
        return None
    return pipelines.batches.augment_on_device(recipe, devices.xla(flags))


def cost(flags, network, plan, images: int) -> str:
    """The price of a run, before it is paid."""
    epochs = len(plan)
    total = epochs * plan.run.steps
    price = (
        f"cost: {epochs} passes over {images:,} images = {total:,} steps, "
        f"each one forward and one backward pass of a batch of "
        f"{flags.batch_size}: {epochs * images:,} images forward and "
        f"backward through {parameters(network):,} parameters"
    )
    saved = pricing.saving(plan, costs(network, plan.schedule))
    if saved:
        price += (
            f"; freezing saves {saved:.1%} of that work (a backward pass "
            "counted as two forward ones), for "
            f"{len(pricing.freezes(plan))} traces of the step more"
        )
    return price


def costs(network, schedule) -> list[int]:
    """Multiply-adds of a forward pass, by the schedule's groups."""
    cut = groups.partition(network, schedule.split_at, schedule.grouping)
    return multiply_adds.of_groups(cut)


def slice_of(flags, schedule, train):
    """Where S is to be found: the training images that are looked at.

    Drawn by the seed, not augmented.

    Returns:
        (images, labels) as the network gets them; None where no S is found.

    Raises:
        ValueError: several machines share the run.
    """
    if not schedule.finds_scale:
        return None
    if flags.strategy == "multi_worker":
        raise ValueError(
            "--ascent_scale=auto with --strategy=multi_worker: S is found on "
            "one machine only; give a number, or --strategy=mirrored."
        )
    passes = schedule.laid_over(method.epochs_of(flags)).length
    count = forgetting.affordable(
        passes * len(train), 4 * int(np.prod(train.image_shape))
    )
    drawn = np.random.default_rng([flags.seed, 2]).permutation(len(train))
    some = part(train, drawn[:count])
    parts = list(pipelines.batches.evaluation_batches(some, flags.batch_size))
    return tuple(np.concatenate(p) for p in zip(*parts, strict=True))


def shown(flags) -> str:
    """ "bar", "lines" or "none": bars are for terminals."""
    if flags.progress == "auto":
        return "bar" if sys.stdout.isatty() else "lines"
    return flags.progress


def state(workdir, network, plan):
    """The newest checkpoint of a run, compared with what is to go on.

    Raises:
        ValueError: it is of another model, or its past is not this plan's.
    """
    found = workdir.checkpoints().newest()
    if found is None:
        return None
    past.check_past(found.past, plan, found.begun)
    found.check(network)
    check_snapshots(plan, workdir / "snapshots", found.epoch)
    for easing in found.eased:
        print(f"rolled back before: {easing.said(plan, easing.share)}")
    if found.epoch == len(plan):
        print(
            f"{workdir.path}: all {len(plan)} epochs are done; what comes "
            "after them is written anew"
        )
        return found
    within = f", {found.step} steps into the next" if found.step else ""
    print(
        f"{workdir.path}: goes on after epoch {found.epoch} of {len(plan)}"
        + within
    )
    return found


def facts_of_data(flags, network, train, validation, test, recorder) -> dict:
    """What the summary says of the images, beside their number.

    Args:
        flags: Parsed flags.
        network: The trained model.
        train: Training images.
        validation: Validation images.
        test: Images that are only reported, under `--val_from_train`.
        recorder: The run's `Recorder`.
    """
    facts: dict = {}
    evaluated = validation if test is None else test
    twice = len(in_both(train, evaluated))
    facts["images_in_both_splits"] = twice
    if twice:
        print(
            f"{twice} pairs of images are in {train.name} and in "
            f"{evaluated.name}"
        )
    facts["damaged_images"] = len(train.damaged) + len(evaluated.damaged)
    if test is not None:
        if flags.export_weights == "best":
            network.set_weights(recorder.best[2])
        batches = pipelines.batches.evaluation_batches(test, flags.batch_size)
        found = network.evaluate(batches, verbose=0, return_dict=True)
        facts["test"] = {
            "images": len(test),
            "accuracy": found["accuracy"],
            "loss": found["loss"],
        }
        print(f"{test.name}: accuracy {found['accuracy']:.2%}, only reported")
    return facts


def export(flags, network, workdir, train, recorder, summary) -> None:
    """Writes `model.keras` and `export/` with the chosen weights."""
    from seal_tf.probes.export import export_model

    if flags.export_weights == "best":
        network.set_weights(recorder.best[2])
    save_bare(network, workdir / "model.keras")
    export_model(
        network,
        workdir / "export",
        normalise=normalise,
        taps=flags.taps.split(","),
        pool=flags.tap_pooling,
        card={
            "classes": list(train.class_names),
            "inside": "torch",
            "weights": flags.export_weights,
            "method": flags.method,
            "flags": settings(flags),
            "results": {
                name: summary[name]
                for name in ("last", "best", "epochs", "test")
                if name in summary
            },
        },
    )
