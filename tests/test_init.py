"""`import seal_tf`: files with the package's classes load."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import keras
import pytest

import seal_tf

#: Modules that are tested in `make test`, too.
QUICK = ("seal_tf.callbacks.generation",)


def run_python(code, *arguments, **environment):
    """Run code in a new process; return its standard output."""
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        check=True,
        capture_output=True,
        text=True,
        env=environment or None,
    ).stdout


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Compiled models: one of our class, one with our optimizer."""
    folder = tmp_path_factory.mktemp("models")
    inputs = keras.Input((8, 8, 3))
    pooled = keras.layers.GlobalAveragePooling2D()(
        keras.layers.Conv2D(4, 3)(inputs)
    )
    model = seal_tf.SEALModel(inputs, keras.layers.Dense(2)(pooled))
    model.compile("adam", "mse")
    model.save(folder / "model.keras")
    plain = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    plain.compile(seal_tf.optimizers.SGD(0.1), "mse")
    plain.save(folder / "optimizer.keras")
    return folder


@pytest.mark.parametrize(
    "first",
    [
        "import seal_tf, keras",
        pytest.param("import keras, seal_tf", marks=pytest.mark.slow),
    ],
)
def test_import_in_either_order_registers_classes(files, first):
    code = f"""
import sys
{first}
for file in sys.argv[1:]:
    model = keras.saving.load_model(file)
    print(type(model).__module__, type(model.optimizer).__module__)
"""
    output = run_python(
        code, files / "model.keras", files / "optimizer.keras"
    ).splitlines()
    assert output[0].startswith("seal_tf.training.seal_model keras.")
    assert output[1].endswith(" seal_tf.optimizers.sgd")


def test_import_registers_every_serializable_class():
    """No list is kept by hand: the sources are searched."""
    decorated = (
        r"@keras\.saving\.register_keras_serializable\(.*\)\nclass (\w+)"
    )
    names = {
        name
        for file in Path("seal_tf").rglob("*.py")
        for name in re.findall(decorated, file.read_text())
    }
    assert {"SEALModel", "SGD", "SEALCallback"} <= names
    code = """
import seal_tf, keras
print(*keras.saving.get_custom_objects())
"""
    registered = run_python(code).split()
    assert {f"seal_tf>{name}" for name in names} <= set(registered)


def test_import_alone_imports_no_keras():
    code = """
import sys
import seal_tf, seal_tf.schedules
assert not {"keras", "tensorflow"} & set(sys.modules)
"""
    run_python(code)


def test_commands_load_files_with_own_classes(files, tmp_path):
    code = """
import sys
from seal_tf.export import main
sys.exit(main(sys.argv[1:]))
"""
    run_python(
        code,
        f"--model={files / 'model.keras'}",
        f"--out={tmp_path / 'export'}",
        "--preprocessing=unit",
    )
    assert (tmp_path / "export" / "saved_model.pb").exists()


def _modules_that_registration_imports():
    """Modules of the packages that import Keras first."""
    root = Path(seal_tf.__file__).parent
    return [
        ".".join(("seal_tf", *path.relative_to(root).with_suffix("").parts))
        for init in sorted(root.glob("*/__init__.py"))
        if "import keras" in init.read_text()
        for path in sorted(init.parent.rglob("*.py"))
        if path.name != "__init__.py"
    ]


@pytest.mark.parametrize(
    "module",
    [
        pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow)
        for name in _modules_that_registration_imports()
    ],
)
def test_any_module_can_be_the_first_import(module):
    run_python(f"import {module}; import sys; assert 'keras' in sys.modules")


def test_registration_imports_packages_that_import_keras_first():
    """Else a module would be imported while it imports Keras itself."""
    code = (
        "import keras, sys, seal_tf; "
        "print(*(n for n in sys.modules if n.startswith('seal_tf.')))"
    )
    known = set(_modules_that_registration_imports())
    for name in run_python(code).split():
        module = sys.modules.get(name) or importlib.import_module(name)
        source = Path(module.__file__).read_text()
        if re.search(r"^(import|from) keras", source, re.MULTILINE):
            assert name in known or module.__file__.endswith("__init__.py"), (
                name
            )
