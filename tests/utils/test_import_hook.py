"""Functions that run after an import."""

import importlib
import inspect
import sys

import pytest

from seal_tf.utils.import_hook import call_after_import


@pytest.fixture
def module_name(tmp_path, monkeypatch):
    """Name of a module that no test has imported."""
    (tmp_path / "hooked_module.py").write_text("value = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    yield "hooked_module"
    sys.modules.pop("hooked_module", None)


def test_call_after_import_waits_for_the_module(module_name):
    values = []
    call_after_import(
        module_name,
        lambda: values.append(sys.modules[module_name].value),
    )
    finders = len(sys.meta_path)
    assert values == [] and module_name not in sys.modules
    module = importlib.import_module(module_name)
    assert values == [1]
    # Nothing of the hook is left, and the module's source is still available.
    assert len(sys.meta_path) == finders - 1
    assert inspect.getsource(module) == "value = 1\n"
    importlib.reload(module)
    assert values == [1]


def test_call_after_import_of_imported_module_calls_at_once(module_name):
    importlib.import_module(module_name)
    calls = []
    call_after_import(module_name, lambda: calls.append(1))
    assert calls == [1]


def test_call_after_import_waits_through_a_failed_import(module_name, tmp_path):
    calls = []
    call_after_import(module_name, lambda: calls.append(1))
    file = tmp_path / "hooked_module.py"
    file.write_text("raise RuntimeError('broken module')\n")
    with pytest.raises(RuntimeError, match="broken module"):
        importlib.import_module(module_name)
    assert calls == []
    file.write_text("value = 22\n")
    importlib.invalidate_caches()
    importlib.import_module(module_name)
    assert calls == [1]


def test_call_after_import_of_missing_module_raises_import_error(monkeypatch):
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    call_after_import("no_such_module", lambda: None)
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("no_such_module")
