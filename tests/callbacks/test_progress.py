"""Half a line: how a run does and how long it takes yet."""

import keras
import numpy as np
import pytest

from seal_tf import SEALCallback
from seal_tf.callbacks import progress
from seal_tf.callbacks.progress import ProgressSummary, duration
from tests.training import nets


@pytest.mark.parametrize(
    "seconds, said",
    [
        (3.2, "3 s"),
        (89, "89 s"),
        (90, "2 min"),
        (3599, "1 h 00 min"),
        (4 * 3600 + 300, "4 h 05 min"),
        (25.6 * 3600, "1 d 2 h"),
        (47.9 * 3600, "2 d 0 h"),
    ],
)
def test_durations(seconds, said):
    assert duration(seconds) == said


def test_of_accuracies_the_most_is_best_of_losses_the_least():
    line = ProgressSummary(
        4, [{"val_accuracy": 0.5, "val_loss": 1.0, "seconds": 60}]
    )
    assert line.said(1) == "val_accuracy 50.00%, best 50.00% · 3 min left"
    line.add({"val_accuracy": 0.4, "val_loss": 0.9}, 120)
    # The first epoch traces its steps: the other one says how long.
    said = line.said(2)
    assert said == "val_accuracy 40.00%, best 50.00% · 4 min left"
    losses = ProgressSummary(2)
    assert losses.said(0) == ""
    losses.add({"val_loss": 1.0, "loss": 0.1, "accuracy": 0.3})
    losses.add({"val_loss": 1.5, "loss": 0.1, "accuracy": 0.3})
    assert losses.said(2) == "val_loss 1.5, best 1"


def test_an_epoch_is_as_long_as_to_the_next_one(monkeypatch):
    """What other callbacks do between two epochs takes its time, too."""
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    line = ProgressSummary(4)
    for epoch in range(3):
        line.begin()
        now[0] += 60
        line.add({"loss": 1.0})
        now[0] += 60
        # As `EpochLines` asks, and as the next epoch begins.
        assert line.said(epoch + 1).endswith(f"{2 * (3 - epoch)} min left")


def test_what_is_told():
    """Shares of which more is better, or losses; never anything else."""

    def said(*epochs):
        line = ProgressSummary(len(epochs), epochs)
        return line.said(len(epochs))

    loss = {"val_loss": 2.0, "loss": 1.0, "accuracy": 0.1}
    assert said(loss | {"val_kl_divergence": 1.3}) == "val_loss 2, best 2"
    # Of several outputs there are several.
    several = {"val_aux_accuracy": 0.1, "val_main_accuracy": 0.2}
    assert said(loss | several) == "val_loss 2, best 2"
    # A metric of each class is a vector.
    vector = {"val_f1_score": np.array([0.1, 0.2])}
    assert said(loss | vector) == "val_loss 2, best 2"
    assert said({"loss": 1.0} | vector) == ""
    # validation_freq=2: training's is forgotten once there is a validation.
    now_and_then = said(
        {"loss": 1.0, "accuracy": 0.9},
        {"loss": 1.0, "accuracy": 0.9, "val_loss": 2.0, "val_accuracy": 0.3},
        {"loss": 1.0, "accuracy": 0.9},
    )
    assert now_and_then == "val_accuracy 30.00%, best 30.00%"
    nan = said({"loss": float("nan")}, {"loss": 3.0})
    assert nan == "loss 3, best 3"


def test_best_outlives_a_resume(tmp_path, capsys):
    x, y = nets.data()

    def fit(**settings):
        model = nets.functional()
        model.compile(
            "sgd", "sparse_categorical_crossentropy", metrics=["accuracy"]
        )
        seal = SEALCallback(generations=2, checkpoint_dir=tmp_path)
        model.fit(
            x,
            y,
            epochs=4,
            verbose=2,
            validation_data=(x, y),
            callbacks=[seal, *settings.values()],
        )
        return [
            line.split(" · ")[2].split(", ")[1]
            for line in capsys.readouterr().out.splitlines()
            if line.startswith("generation 2/2")
        ]

    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 1

    fit(stop=Stop())
    (best, _) = fit()
    assert best.startswith("best ")


def test_a_metric_that_is_a_vector_ends_no_fit():
    x, y = nets.data()
    model = nets.functional()
    model.compile(
        "sgd", "categorical_crossentropy", metrics=[keras.metrics.F1Score()]
    )
    one_hot = np.eye(3, dtype="float32")[y]
    model.fit(
        x,
        one_hot,
        epochs=2,
        verbose=0,
        validation_data=(x, one_hot),
        callbacks=[SEALCallback(generations=2)],
    )


def test_fit_prints_it(capsys):
    x, y = nets.data()
    model = nets.functional()
    model.compile(
        "sgd", "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    model.fit(
        x,
        y,
        epochs=4,
        verbose=2,
        validation_data=(x, y),
        callbacks=[SEALCallback(generations=2)],
    )
    lines = [
        line
        for line in capsys.readouterr().out.splitlines()
        if line.startswith("generation")
    ]
    assert lines[0] == "generation 1/2 · descent 1/2"
    assert lines[2].startswith("generation 2/2 · ascent 1/1 · so far val_")
    assert "best" in lines[3] and lines[3].endswith(" s left")
