"""Facts about a run that its accuracy depends on, in words."""

from __future__ import annotations

from typing import Any


def describe_facts(summary: dict[str, Any]) -> list[tuple[str, str]]:
    """Describe the weight decay, the data and the cost of a run.

    Args:
        summary: Content of its `summary.json`.

    Returns:
        (name, text) for each fact that differs from a plain run; empty for a
        run of an earlier version.
    """
    flags = summary["flags"]
    facts = []
    if decay := summary.get("weight_decay"):
        facts.append(
            (
                decay["kind"],
                f"{decay['coefficient']:.3g}, a timescale of "
                f"{decay['timescale_epochs']:.3g} epochs at the highest "
                f"learning rate; {decay['timescales_in_run']:.3g} timescales "
                "in the run",
            )
        )
    if noise := summary.get("label_noise"):
        facts.append(
            (
                "Label noise",
                f"{noise['replaced']:,} of {summary['training_images']:,} "
                f"training labels ({noise['share']:.3g}) replaced by another "
                f"class, with seed {noise['seed']}; the training accuracy is "
                "that on these labels, the validation accuracy that on true "
                "ones",
            )
        )
    if flags.get("images_per_class_seed") is not None:
        facts.append(
            (
                "Training images",
                f"{flags['images_per_class']} of each class, chosen with "
                f"seed {flags['images_per_class_seed']}",
            )
        )
    if flags.get("repeat_augment", 1) > 1:
        facts.append(
            (
                "Repeated augmentation",
                f"each image is {flags['repeat_augment']} times in its batch, "
                "with another augmentation each time",
            )
        )
    if summary.get("passes", summary["epochs"]) != summary["epochs"]:
        facts.append(
            (
                "Cost",
                f"{summary['passes']:g} forward and backward passes over the "
                f"training images in {summary['epochs']} epochs",
            )
        )
    return facts
