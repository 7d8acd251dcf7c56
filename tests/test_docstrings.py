"""Every example in a docstring of seal_tf runs and prints what it shows."""

import doctest
import importlib
import pkgutil

import pytest

import seal_tf


def _modules():
    return sorted(
        info.name
        for info in pkgutil.walk_packages(seal_tf.__path__, "seal_tf.")
        if not info.name.endswith("__main__")
    )


def _examples(name):
    module = importlib.import_module(name)
    tests = doctest.DocTestFinder(exclude_empty=True).find(module, name)
    return [test for test in tests if test.examples]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, id=name.removeprefix("seal_tf."))
        for name in _modules()
        if ">>>" in importlib.util.find_spec(name).loader.get_source(name)
    ],
)
def test_docstring_examples_run(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for test in _examples(name):
        test.globs = {}
        result = runner.run(test)
        assert result.failed == 0, test.name


@pytest.mark.parametrize("name", [n for n in seal_tf.__all__ if n[0].isupper()])
def test_public_class_has_an_example(name):
    assert ">>>" in getattr(seal_tf, name).__doc__
