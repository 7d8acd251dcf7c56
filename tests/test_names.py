"""No private word of the old code is a name in this project."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

#: Whole names that docs/style.md replaces. "agreement" is not among them: it
#: is a published definition of prediction depth.
_WORDS = """
Asked Easing GenerationBoard Happenings Keeper LastFinite LentOptimizer
Loans Look OwnFolder Recorder Redraw Remaining RunLine ScaleFinder Skipping
TrustBound affordable already also asked averages batons blank
board bookkeeping changed counted counting directory divergence due eased
easing filled finding fitting forgetting gathering go_on_from happenings how
keep keeper knows laid_over law left lend lent_optimizer lent_step loading
loans looks machines_stay measure_on multiply_adds norms over own_folder
page pages past planning price rank recorder redraw remaining resuming
run_line running save_bare saving setup sides state_for_all subjects
take_back told total trust turns wanted with_word words
"""
REPLACED = frozenset(_WORDS.split())
FOLDERS = ("seal_tf", "pipelines", "studies", "benchmarks", "examples")
FILES = sorted(p for folder in FOLDERS for p in Path(folder).rglob("*.py"))


def _names(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield (name, line) of classes, functions, parameters and attributes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield node.name, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.Attribute) and isinstance(
            node.ctx, ast.Store
        ):
            yield node.attr, node.lineno
        if isinstance(node, ast.ClassDef | ast.Module):
            for statement in node.body:
                for target in _targets(statement):
                    yield target.id, target.lineno


def _targets(statement: ast.stmt) -> list[ast.Name]:
    """Return the names that a class or module assigns: fields, constants."""
    targets = getattr(statement, "targets", None) or [
        getattr(statement, "target", None)
    ]
    return [target for target in targets if isinstance(target, ast.Name)]


def test_names_of_modules_are_the_fields():
    private = [
        f"{file}:{line}: {name}"
        for file in FILES
        for name, line in [
            (file.stem, 0),
            *_names(ast.parse(file.read_text())),
        ]
        if name.lstrip("_") in REPLACED
    ]
    assert not private, "\n".join(private)


def _keys(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, entry in value.items():
            yield key
            yield from _keys(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from _keys(entry)


def test_keys_of_results_are_the_fields():
    for file in Path("docs").rglob("*.json"):
        keys = set(_keys(json.loads(file.read_text())))
        assert not keys & REPLACED, file


def test_flags_are_the_fields():
    from seal_tf.cli.flags import parse
    from seal_tf.cli.probe.flags import define_flags
    from seal_tf.cli.train.flags import define_train_flags

    for define in (define_train_flags, define_flags):
        assert not set(parse(define, "", [])) & REPLACED
