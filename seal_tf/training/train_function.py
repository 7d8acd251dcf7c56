"""The owner of a model's train function.

Only this module assigns `model.train_function`, `test_function` and
`predict_function`. During a fit with a `GenerationCallback`, the train
function is composed of, from the inside out:

1. the function that Keras or a distribution strategy makes from the step;
2. "capture_batches": copies the first batches (`seal_tf.ascent_scale`);
3. "skip_completed_steps": skips the steps that a resumed epoch has completed.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import keras

from seal_tf.backends import get_backend
from seal_tf.utils.patching import AttributePatcher

#: Calls the inner train function with its arguments, and returns its result.
Wrapper = Callable[..., Any]


class TrainFunction:
    """Compose the train function of a model for the length of one fit.

    Every time Keras or a callback makes the train function again, the
    wrappers are applied again.

    Args:
        model: The model.
        patcher: Restores `model.make_train_function` after the fit.
    """

    #: Names of the wrappers, from the inside out.
    ORDER = ("capture_batches", "skip_completed_steps")

    def __init__(self, model: keras.Model, patcher: AttributePatcher) -> None:
        self._model = model
        self._wrappers: dict[str, Wrapper] = {}
        self._inner: Any = None
        self._composed: Any = None
        self._make = model.make_train_function
        patcher.patch(model, "make_train_function", self._compose)
        patcher.add_cleanup(lambda: invalidate(model))

    def rebuild(self) -> None:
        """Make the train function again and trace its step again."""
        rebuild(self._model)

    def set_wrapper(self, name: str, wrapper: Wrapper | None) -> None:
        """Set or remove one wrapper.

        Args:
            name: One of `ORDER`.
            wrapper: Function of (train function, *its arguments); None removes
                the wrapper.
        """
        if wrapper is None:
            self._wrappers.pop(name, None)
        else:
            self._wrappers[name] = wrapper
        self._install()

    def refresh(self) -> None:
        """Apply the wrappers to a train function that was set elsewhere."""
        if self._model.train_function is not self._composed:
            self._inner = self._model.train_function
            self._install()

    def _compose(self, force: bool = False) -> None:
        if self._model.train_function is not None and not force:
            return
        self._make(force)
        self._inner = self._model.train_function
        self._install()

    def _install(self) -> None:
        if self._inner is None:
            return
        function = self._inner
        for name in self.ORDER:
            if name in self._wrappers:
                function = functools.partial(self._wrappers[name], function)
        self._composed = self._model.train_function = function


class SkipCompletedSteps:
    """Skip the steps of a resumed epoch that are completed already.

    Keras' fit counts the steps of an epoch from 0. In the first epoch of a
    resumed run this wrapper does nothing for each completed step. The data
    that fit gets starts after them.

    Args:
        train_function: The owner of the train function.
        model: The model, with its metrics restored.
        calls: Number of calls of the train function that are completed.
        random_state: State of the backend's random generators at the first
            other step, or an empty dict.
    """

    def __init__(
        self,
        train_function: TrainFunction,
        model: keras.Model,
        calls: int,
        random_state: dict[str, Any],
    ) -> None:
        self._owner = train_function
        self._calls_to_skip = calls
        self._random_state = random_state
        self._logs = model.get_metrics_result()

    def __call__(self, inner: Callable[..., Any], *args: Any) -> Any:
        """Run the train function, unless the step is completed."""
        if self._calls_to_skip:
            self._calls_to_skip -= 1
            if not self._calls_to_skip:
                self._restore_random_state()
            return get_backend().skipped_step(self._logs, *args)
        self._owner.set_wrapper("skip_completed_steps", None)
        self._restore_random_state()
        return inner(*args)

    def _restore_random_state(self) -> None:
        """Undo the draws of the iterators of data since the resume."""
        get_backend().set_random_state(self._random_state)
        self._random_state = {}


def call_before_next_step(
    model: keras.Model, action: Callable[[Any], object]
) -> None:
    """Call a function with the iterator of fit, once, before its next step.

    Call this in `on_train_batch_begin`: the step follows at once.

    Args:
        model: The model in fit.
        action: Function of the iterator.
    """
    function = model.train_function

    def call(iterator: Iterator[Any]) -> Any:
        model.train_function = function
        action(iterator)
        return function(iterator)

    model.train_function = call


def rebuild(model: keras.Model) -> None:
    """Make the train function again, and trace its step again."""
    with get_backend().retracing(model):
        model.make_train_function(force=True)


def invalidate(model: keras.Model) -> None:
    """Discard the train function; the next fit makes its own."""
    model.train_function = None


def invalidate_inference(model: keras.Model) -> None:
    """Discard the functions of `evaluate` and `predict`."""
    model.test_function = model.predict_function = None


def invalidate_all(model: keras.Model) -> None:
    """Discard the functions of `fit`, `evaluate` and `predict`."""
    invalidate(model)
    invalidate_inference(model)


def patch_factory(
    model: keras.Model,
    kind: str,
    factory: Callable[[], Callable[[Any], Any]],
    patcher: AttributePatcher,
) -> None:
    """Patch the method that makes the train or the test function.

    Args:
        model: The model.
        kind: "train" or "test".
        factory: Returns a new function of an iterator.
        patcher: Restores the method.
    """
    name = f"{kind}_function"

    def make(force: bool = False) -> None:
        if getattr(model, name) is None or force:
            setattr(model, name, factory())

    patcher.patch(model, f"make_{name}", make)
    setattr(model, name, None)
