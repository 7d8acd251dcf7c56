"""Tests of fits that run some epochs at a time."""

from __future__ import annotations

import keras
import numpy as np

from benchmarks.lockstep_fit import LockstepFit


def test_lockstep_fit_runs_one_round_of_epochs_per_call() -> None:
    epochs: list[int] = []

    def fit(callbacks: list[keras.callbacks.Callback]) -> None:
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        counter = keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: epochs.append(epoch)
        )
        model.fit(
            np.ones((4, 2)),
            np.ones((4, 1)),
            epochs=9,
            verbose=0,
            callbacks=[*callbacks, counter],
        )

    run_round = LockstepFit(fit, epochs=2)
    assert epochs == []
    assert run_round() > 0
    assert epochs == [0, 1]
    assert run_round() > 0
    assert epochs == [0, 1, 2, 3]
