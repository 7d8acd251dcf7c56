"""The accuracy so far and the remaining time, in one line."""

import keras
import numpy as np
import pytest

from seal_tf import SEALCallback
from seal_tf.callbacks import progress
from seal_tf.callbacks.progress import ProgressSummary, duration
from tests.training import nets


@pytest.mark.parametrize(
    "seconds, text",
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
def test_duration_of_any_length_uses_two_units_at_most(seconds, text):
    assert duration(seconds) == text


def test_text_shows_the_highest_accuracy_as_best():
    summary = ProgressSummary(
        4, [{"val_accuracy": 0.5, "val_loss": 1.0, "seconds": 60}]
    )
    assert summary.text(1) == ("val_accuracy 50.00%, best 50.00% · 3 min left")
    summary.add_epoch({"val_accuracy": 0.4, "val_loss": 0.9}, 120)
    # The first epoch includes the tracing, so the other predicts the time.
    assert summary.text(2) == ("val_accuracy 40.00%, best 50.00% · 4 min left")


def test_text_of_saved_epochs_without_validation_shows_the_accuracy():
    """Epochs that --validation_freq leaves out are saved with null."""
    unvalidated = {"accuracy": 0.3, "val_loss": None, "val_accuracy": None}
    validated = {"accuracy": 0.4, "val_loss": 1.0, "val_accuracy": 0.5}
    summary = ProgressSummary(4, [unvalidated, validated, unvalidated])
    assert summary.text(4) == "val_accuracy 50.00%, best 50.00%"


def test_text_shows_the_lowest_loss_as_best():
    summary = ProgressSummary(2)
    assert summary.text(0) == ""
    summary.add_epoch({"val_loss": 1.0, "loss": 0.1, "accuracy": 0.3})
    summary.add_epoch({"val_loss": 1.5, "loss": 0.1, "accuracy": 0.3})
    assert summary.text(2) == "val_loss 1.5, best 1"


def test_text_counts_the_time_until_the_next_epoch(monkeypatch):
    """The work of other callbacks between two epochs takes time, too."""
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    summary = ProgressSummary(4)
    for epoch in range(3):
        summary.begin_epoch()
        now[0] += 60
        summary.add_epoch({"loss": 1.0})
        now[0] += 60
        assert summary.text(epoch + 1).endswith(f"{2 * (3 - epoch)} min left")


def test_text_leaves_the_first_step_out(monkeypatch):
    """The first step of a fit compiles the others."""
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    summary = ProgressSummary(4)
    summary.begin_epoch()
    for seconds in (600, 30, 30):
        summary.begin_step()
        now[0] += seconds
    assert summary.text(1).endswith("3 min left")
    summary.begin_epoch()
    summary.begin_step()
    now[0] += 120
    assert summary.text(2).endswith("4 min left")


LOSS = {"val_loss": 2.0, "loss": 1.0, "accuracy": 0.1}


@pytest.mark.parametrize(
    ("epochs", "text"),
    [
        ([LOSS | {"val_kl_divergence": 1.3}], "val_loss 2, best 2"),
        (
            [LOSS | {"val_aux_accuracy": 0.1, "val_main_accuracy": 0.2}],
            "val_loss 2, best 2",
        ),
        ([LOSS | {"val_f1_score": np.array([0.1, 0.2])}], "val_loss 2, best 2"),
        ([{"loss": 1.0, "val_f1_score": np.array([0.1, 0.2])}], ""),
        (
            [
                {"loss": 1.0, "accuracy": 0.9},
                {
                    "loss": 1.0,
                    "accuracy": 0.9,
                    "val_loss": 2.0,
                    "val_accuracy": 0.3,
                },
                {"loss": 1.0, "accuracy": 0.9},
            ],
            "val_accuracy 30.00%, best 30.00%",
        ),
        ([{"loss": float("nan")}, {"loss": 3.0}], "loss 3, best 3"),
    ],
    ids=[
        "another metric",
        "two accuracies",
        "a vector beside the loss",
        "a vector alone",
        "validation in some epochs",
        "nan",
    ],
)
def test_text_shows_one_accuracy_or_the_loss(epochs, text):
    summary = ProgressSummary(len(epochs), epochs)
    assert summary.text(len(epochs)) == text


def test_set_state_restores_the_best_value_only_without_previous_epochs():
    summary = ProgressSummary(4)
    summary.add_epoch({"val_accuracy": 0.5, "val_loss": 1.0})
    resumed = ProgressSummary(4)
    resumed.set_state(summary.get_state())
    assert resumed.text(4) == "val_accuracy 50.00%, best 50.00%"
    other = ProgressSummary(4, [{"val_loss": 3.0, "seconds": 1}])
    other.set_state(summary.get_state())
    assert other.text(4) == "val_loss 3, best 3"


def _fit(*callbacks, epochs=4, **options):
    x, y = nets.data()
    model = nets.functional()
    model.compile(
        "sgd", "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    model.fit(
        x,
        y,
        epochs=epochs,
        verbose=2,
        validation_data=(x, y),
        callbacks=list(callbacks),
        **options,
    )


def test_fit_that_resumes_prints_the_best_value_so_far(tmp_path, capsys):
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 1

    seal = SEALCallback(generations=2, checkpoint_dir=tmp_path)
    _fit(seal, Stop())
    capsys.readouterr()
    _fit(SEALCallback(generations=2, checkpoint_dir=tmp_path))
    best, _ = [
        line.split(" · ")[2].split(", ")[1]
        for line in capsys.readouterr().out.splitlines()
        if line.startswith("generation 2/2")
    ]
    assert best.startswith("best ")


@pytest.mark.slow
def test_fit_with_a_vector_metric_trains():
    x, y = nets.data()
    model = nets.functional()
    model.compile(
        "sgd", "categorical_crossentropy", metrics=[keras.metrics.F1Score()]
    )
    one_hot = np.eye(3, dtype="float32")[y]
    history = model.fit(
        x,
        one_hot,
        epochs=2,
        verbose=0,
        validation_data=(x, one_hot),
        callbacks=[SEALCallback(generations=2)],
    )
    assert history.epoch == [0, 1]


def test_fit_prints_phase_accuracy_and_remaining_time(capsys):
    _fit(SEALCallback(generations=2))
    lines = [
        line
        for line in capsys.readouterr().out.splitlines()
        if line.startswith("generation")
    ]
    assert lines[0] == "generation 1/2 · descent 1/2"
    assert lines[2].startswith("generation 2/2 · ascent 1/1 · so far val_")
    assert "best" in lines[3] and lines[3].endswith(" s left")
