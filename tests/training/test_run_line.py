"""Half a line: how a run does and how long it takes yet."""

import pytest

from seal_tf import SEALCallback
from seal_tf.training.run_line import RunLine, duration
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
    line = RunLine(4, [{"val_accuracy": 0.5, "val_loss": 1.0, "seconds": 60}])
    line.add({"val_accuracy": 0.4, "val_loss": 0.9}, 120)
    said = line.said(2)
    assert said == "val_accuracy 40.00%, best 50.00% · 3 min left"
    losses = RunLine(2)
    assert losses.said(0) == ""
    losses.add({"val_loss": 1.0, "loss": 0.1, "accuracy": 0.3})
    losses.add({"val_loss": 1.5, "loss": 0.1, "accuracy": 0.3})
    assert losses.said(2) == "val_loss 1.5, best 1"


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
    assert lines[2].startswith("generation 2/2 · ascent 1/1 · val_accuracy ")
    assert "best" in lines[3] and lines[3].endswith(" s left")
