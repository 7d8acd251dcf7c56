"""Griffe extension: show the section `Example:` of docstrings as code.

Griffe's parser of Google docstrings has only `Examples:`, and renders
`Example:` as text, in which `>>>` is a quotation and `[0]` a reference.
"""

from __future__ import annotations

import re
from typing import Any

import griffe


class ExampleSections(griffe.Extension):
    """Rename the section `Example:` before Griffe parses a docstring."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rename the section in the docstring of one object."""
        if obj.docstring:
            obj.docstring.value = re.sub(
                r"^Example:$", "Examples:", obj.docstring.value, flags=re.M
            )
