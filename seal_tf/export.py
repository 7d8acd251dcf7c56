"""Exports any Keras model for probing:

  python -m seal_tf.export --model=X.keras --out=DIR --preprocessing=tf

DIR is then a SavedModel that takes uint8 images, with endpoints `serve`
(logits, probabilities) and `features` (pooled activations, one a tap), and
`card.json`. TensorFlow alone loads it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from absl import flags as absl_flags

from seal_tf.commands import export_flags
from seal_tf.commands.flags import one_line_errors, parse, require
from seal_tf.commands.quiet import start_tensorflow


def define(values) -> None:
    """Defines the flags of this command on `values`."""
    absl_flags.DEFINE_string(
        "model", None, "the .keras file", flag_values=values
    )
    absl_flags.DEFINE_string(
        "out", None, "folder for the SavedModel", flag_values=values
    )
    absl_flags.DEFINE_string(
        "classes",
        None,
        "text file with the names of the classes, one a line, in the order "
        "of the outputs",
        flag_values=values,
    )
    absl_flags.DEFINE_integer(
        "image_size",
        None,
        "height and width in pixels, for a network that takes any",
        1,
        flag_values=values,
    )
    export_flags.define_preprocessing(values)
    export_flags.define_taps(values)


def main(argv=None) -> int:
    """Runs the command; returns its exit code."""
    flags = parse(define, __doc__, sys.argv[1:] if argv is None else argv)
    with one_line_errors():
        require(flags, model="X.keras", out="DIR")
        out = Path(flags.out)
        if out.exists() and not (out / "saved_model.pb").exists():
            raise ValueError(
                f"--out={out} is there and is no export: name another folder."
            )
        start_tensorflow()
        from seal_tf.commands.exporting import export_keras

        path = export_keras(
            flags.model,
            out,
            preprocessing=flags.preprocessing,
            taps=flags.taps.split(","),
            pool=flags.tap_pooling,
            image_size=flags.image_size,
            classes=flags.classes,
        )
    taps = json.loads((path / "card.json").read_text())["taps"]
    print(f"exported to {path}; taps: {', '.join(taps)} (see card.json)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
