"""The layout: which package imports which, and that tests mirror the tree."""

import ast
from pathlib import Path

#: Packages from the bottom up. A package imports those below it only.
LAYERS = (
    {"seal_tf.utils"},
    {"seal_tf.backends"},
    {"seal_tf.schedules", "seal_tf.models", "seal_tf.optimizers"},
    {"seal_tf.checkpoints", "seal_tf.probes"},
    {"seal_tf.training", "seal_tf.reports"},
    {"seal_tf.ascent_scale", "seal_tf.distribution", "seal_tf.fast_ops"},
    {"seal_tf.callbacks"},
    {"seal_tf"},
    {"seal_tf.cli"},
    {"seal_tf.study"},
    {
        "seal_tf.train",
        "seal_tf.probe",
        "seal_tf.report",
        "seal_tf.export",
        "seal_tf.prepare_data",
        "seal_tf.__main__",
    },
)
LAYER_OF = {name: i for i, names in enumerate(LAYERS) for name in names}
MODULES = {
    ".".join(path.with_suffix("").parts).removesuffix(".__init__"): path
    for folder in ("seal_tf", "pipelines")
    for path in sorted(Path(folder).rglob("*.py"))
}


def _imports(module):
    """Yield what a module imports, also in functions and for types."""
    for node in ast.walk(ast.parse(MODULES[module].read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module}: relative import"
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name in MODULES else node.module


GRAPH = {
    module: {n for n in _imports(module) if n in MODULES and n != module}
    for module in MODULES
}


def _package(module):
    parts = module.split(".")
    return ".".join(parts[:2]) if len(parts) > 1 else module


def test_modules_import_lower_layers_only():
    upward = []
    for module, names in GRAPH.items():
        package = _package(module)
        for name in names if module != "seal_tf" else ():
            other = _package(name)
            if module.startswith("pipelines"):
                allowed = name.startswith("pipelines")
            else:
                allowed = (
                    name.startswith("pipelines")
                    or other == package
                    or LAYER_OF[other] < LAYER_OF[package]
                )
            if not allowed:
                upward.append(f"{module} imports {name}")
    assert not upward


def test_modules_have_no_import_cycle():
    visited, path = set(), []

    def visit(module):
        if module in path:
            raise AssertionError(" -> ".join([*path, module]))
        if module in visited:
            return
        path.append(module)
        for name in GRAPH[module]:
            # The package's own __init__ imports lazily, by name.
            if name != "seal_tf":
                visit(name)
        path.pop()
        visited.add(module)

    for module in MODULES:
        if module != "seal_tf":
            visit(module)


def test_schedules_import_no_backend():
    for module in MODULES:
        if module.startswith("seal_tf.schedules"):
            roots = {name.split(".")[0] for name in _imports(module)}
            assert not roots & {"tensorflow", "keras", "pipelines"}, module


def _test_files(path):
    """Return the test files of a module, one of which must exist."""
    first = 1 if path.parts[0] == "seal_tf" else 0
    files = [Path("tests", *path.parts[first:-1], f"test_{path.name}")]
    if path.parts[:2] == ("seal_tf", "callbacks"):
        # The schedule's test may test the callback of a method, too.
        files.append(Path("tests/schedules", f"test_{path.name}"))
    return files


def test_modules_have_a_test_file():
    missing = [
        str(path)
        for path in MODULES.values()
        if path.name not in ("__init__.py", "__main__.py")
        and not any(file.exists() for file in _test_files(path))
    ]
    assert not missing
