"""The sharpness probe as a command."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from absl import flags

from seal_tf.probes.base import Probe
from seal_tf.probes.report_parts import GroupedResult, ReportPart, Subheading
from seal_tf.probes.session import Session
from seal_tf.probes.sharpness.flags import SharpnessSettings, define_flags
from seal_tf.probes.source import NetworkSource

if TYPE_CHECKING:
    import keras
    import numpy as np

    from pipelines.images import Images
    from seal_tf.probes.sharpness.compute import Curvature


class SharpnessProbe(Probe):
    """Largest eigenvalue and trace of the training loss's Hessian.

    Args:
        settings: Batch, iterations and loss.
    """

    name = "sharpness"
    title = "Sharpness"

    def __init__(self, settings: SharpnessSettings) -> None:
        self._settings = settings

    @classmethod
    def define_flags(cls, flag_values: flags.FlagValues) -> None:
        """Define the flags of the sharpness probe; see `Probe`."""
        define_flags(flag_values)

    @classmethod
    def from_flags(cls, flag_values: flags.FlagValues) -> SharpnessProbe:
        """Create the probe from parsed flags; see `Probe`."""
        return cls(SharpnessSettings.from_flags(flag_values))

    def run(self, session: Session) -> dict[str, Any]:
        """Probe all networks of a session; see `Probe`."""
        networks = []
        for source in session.networks:
            results = self._probe(session, source)
            eigenvalue, trace = results["largest_eigenvalue"], results["trace"]
            error = trace["standard_error"]
            print(
                f"{source.name}: largest eigenvalue {eigenvalue['value']:.4g} "
                f"({'' if eigenvalue['converged'] else 'not '}converged in "
                f"{eigenvalue['iterations']} iterations), trace "
                f"{trace['value']:.4g}"
                + (f" ± {error:.2g}" if error is not None else "")
            )
            networks.append({**session.describe(source), "results": results})
        return {
            "protocol": "cross-entropy without L2, mean over "
            f"{self._settings.images} training images drawn with seed "
            f"{self._settings.seed}, not augmented; all trainable weights; "
            "BatchNormalization in inference mode; float32",
            "networks": networks,
        }

    def _probe(self, session: Session, source: NetworkSource) -> dict[str, Any]:
        from seal_tf.probes.sharpness import compute

        settings = self._settings
        model, card = self._load_model(source), source.read_card()
        train, _ = session.read_images(model.input_shape[1:], source.path)
        _check_compatible(model, train, source, card.get("classes"))
        smoothing = settings.label_smoothing
        if smoothing is None:
            smoothing = card.get("flags", {}).get("label_smoothing", 0.0)
        preprocessing = settings.preprocessing or card.get(
            "model_preprocessing", "torch"
        )
        rows = self._draw_rows(len(train))
        curvature = _create_curvature(
            source, model, train, rows, (preprocessing, smoothing)
        )
        return {
            "largest_eigenvalue": compute.largest_eigenvalue(
                curvature,
                seed=settings.seed,
                max_iterations=settings.power_iterations,
                progress=session.progress(
                    f"{source.name}: power iteration", unit="iteration"
                ),
            ),
            "trace": compute.hessian_trace(
                curvature,
                samples=settings.trace_samples,
                seed=settings.seed,
                progress=session.progress(
                    f"{source.name}: trace", unit="iteration"
                ),
            ),
            "images": len(rows),
            "label_smoothing": smoothing,
        }

    def _load_model(self, source: NetworkSource) -> keras.Model:
        from seal_tf.probes.sharpness.compute import to_float32
        from seal_tf.utils.keras_files import load_keras_model

        if source.keras_file is None:
            raise ValueError(
                "Argument `export` must be a work directory or a .keras file, "
                "because sharpness needs the Keras model. Received: "
                f"export={source.path}."
            )
        if source.workdir is None and self._settings.preprocessing is None:
            raise ValueError(
                "Argument `preprocessing` must be none, unit, tf, torch or "
                f"caffe for {source.keras_file}, which is in no work "
                "directory. Received: preprocessing=None."
            )
        model = to_float32(load_keras_model(source.keras_file, "export"))
        shape = getattr(model, "input_shape", None)
        if not isinstance(shape, tuple) or len(shape) != 4 or None in shape[1:]:
            raise ValueError(
                f"{source.keras_file}: the input must be images of one size. "
                f"Received: {shape}."
            )
        return model

    def _draw_rows(self, count: int) -> np.ndarray:
        import numpy as np

        if self._settings.images > count:
            raise ValueError(
                f"Argument `sharpness_images` must be at most {count:,}, the "
                "number of training images. Received: "
                f"sharpness_images={self._settings.images}."
            )
        rng = np.random.default_rng([self._settings.seed, 2])
        return np.sort(rng.permutation(count)[: self._settings.images])

    @classmethod
    def report(cls, results: Sequence[GroupedResult]) -> Iterator[ReportPart]:
        """Create the tables of results; see `Probe`."""
        from seal_tf.probes.sharpness.tables import sharpness_table

        for result in results:
            yield Subheading(result.label)
            yield sharpness_table(result)


def _check_compatible(
    model: keras.Model,
    train: Images,
    source: NetworkSource,
    class_names: Sequence[str] | None,
) -> None:
    if train.image_shape != tuple(model.input_shape[1:]):
        raise ValueError(
            f"{source.path} accepts images of {model.input_shape[1:]}, and "
            f"{train.name} has {train.image_shape} (height, width, channels)."
        )
    classes = len(train.class_names)
    if model.output_shape != (None, classes):
        raise ValueError(
            f"{source.path}: the output is {model.output_shape[1:]}, and "
            f"{train.name} has {classes} classes. The training loss can only "
            "be computed on the classes of the training."
        )
    if class_names is not None and tuple(class_names) != train.class_names:
        raise ValueError(
            f"{source.path}: the network has other classes than {train.name} "
            f"(such as {class_names[0]}, and {train.class_names[0]}). The "
            "training loss can only be computed on the classes of the "
            "training."
        )


def _create_curvature(
    source: NetworkSource,
    model: keras.Model,
    train: Images,
    rows: np.ndarray,
    settings: tuple[str, float],
) -> Curvature:
    """Create the Hessian for settings (preprocessing, label smoothing)."""
    import tensorflow as tf

    import pipelines.preprocessing
    from seal_tf.probes.output_kinds import EXCLUSIVE_CLASSES
    from seal_tf.probes.outputs import describe_outputs
    from seal_tf.probes.sharpness import compute
    from seal_tf.utils.keras_files import read_loss

    preprocessing, smoothing = settings
    classes = len(train.class_names)
    images = pipelines.preprocessing.preprocessing_function(preprocessing)(
        train.pixels[rows]
    )
    assert source.keras_file is not None
    kind = describe_outputs(
        model, images[:8], loss=read_loss(source.keras_file), has_classes=True
    ).kind
    if kind not in EXCLUSIVE_CLASSES:
        raise ValueError(
            f"{source.path}: sharpness is that of the cross-entropy of "
            "exclusive classes, so the output kind must be softmax or logits. "
            f"Received: {kind}."
        )
    return compute.Curvature(
        model,
        images,
        tf.one_hot(train.labels[rows], classes) * (1 - smoothing)
        + smoothing / classes,
        loss=compute.cross_entropy(from_logits=kind == "logits"),
    )
