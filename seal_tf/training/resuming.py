"""An epoch that is begun in its middle."""

from __future__ import annotations


class Skipping:
    """A train function that passes over steps which are done already.

    Keras' fit counts an epoch's steps from 0. For the first epoch of a run
    that is resumed the train function does nothing as often as steps were
    done before; the data that fit is given begins after them.

    Args:
        model: The model, its train function made.
        steps: Steps that are done.
    """

    def __init__(self, model, steps: int):
        self._model = model
        self._train = model.train_function
        self._left = steps
        self._logs = model.get_metrics_result()

    def __call__(self, iterator):
        if self._left:
            self._left -= 1
            return self._logs
        self._model.train_function = self._train
        return self._train(iterator)
