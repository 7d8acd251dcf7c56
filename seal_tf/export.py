"""Export a Keras model of images for probing.

  python -m seal_tf.export --model=X.keras --out=DIR --preprocessing=tf

DIR becomes a SavedModel that accepts uint8 images, with endpoints `serve`
(what the model predicts) and `features` (pooled activations of each tap), and
`card.json`. TensorFlow loads it without other packages.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seal_tf.cli.errors import one_line_errors
from seal_tf.cli.export.flags import ExportSettings, define_flags
from seal_tf.cli.flags import parse, require
from seal_tf.cli.last_line import last_line_only
from seal_tf.cli.startup import start_tensorflow


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        argv: Command line without the program. None takes `sys.argv`.

    Returns:
        The exit code.
    """
    flag_values = parse(define_flags, __doc__ or "", argv)
    flag_of = {name: name for name in flag_values}
    with one_line_errors(flag_of), last_line_only(flag_values.quiet):
        require(flag_values, model="X.keras", out="DIR")
        settings = dataclasses.replace(
            ExportSettings.from_flags(flag_values),
            classes=Path(flag_values.classes) if flag_values.classes else None,
            output_kind=flag_values.output_kind,
        )
        out = Path(flag_values.out)
        _check_overwrites_export(out)
        start_tensorflow()
        from seal_tf.cli.export.keras_file import export_keras_file

        folder = export_keras_file(flag_values.model, out, settings)
        card = json.loads((folder / "card.json").read_text())
        print(
            f"exported to {folder}; {_format_output(card)}; taps: "
            f"{', '.join(card['taps'])} (see card.json)"
        )
    return 0


def _format_output(card: dict[str, Any]) -> str:
    """Format the kind of the output, and how to correct an assumed kind."""
    text = f"output: {card.get('output_kind', 'features only')}"
    if card.get("output_kind_source") == "assumption":
        text += " (assumed; --output_kind sets another kind)"
    return text


def _check_overwrites_export(out: Path) -> None:
    """Check that `out` is new or an export, so that no other files are lost."""
    if out.exists() and not (out / "saved_model.pb").exists():
        raise ValueError(
            "Argument `out` must be a new folder or an export. Received: "
            f"out={out}, which exists and is not an export."
        )


if __name__ == "__main__":
    sys.exit(main())
