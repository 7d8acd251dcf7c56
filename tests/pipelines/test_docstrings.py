"""The examples in the docstrings of `pipelines`."""

import doctest
import importlib
import pkgutil

import pytest

import pipelines

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(pipelines.__path__, "pipelines.")
)


def _examples(name):
    module = importlib.import_module(name)
    tests = doctest.DocTestFinder(exclude_empty=True).find(module)
    return [test for test in tests if test.examples]


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples_run(name):
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for test in _examples(name):
        runner.run(test)
    assert runner.summarize().failed == 0


@pytest.mark.parametrize(
    "name",
    ["read", "load", "training_batches", "evaluation_batches"],
)
def test_public_function_has_an_example(name):
    assert ">>> " in getattr(pipelines, name).__doc__
