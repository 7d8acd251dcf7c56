"""TensorBoard's event files."""

import pytest

from seal_tf.utils.event_writer import EventWriter
from tests.callbacks.summaries import read_summaries


def test_event_writer_writes_scalars_and_texts(tmp_path):
    writer = EventWriter(tmp_path)
    writer.scalar("rate", 0.5, 3)
    writer.text("phase", "ascent", 4)
    writer.hparams({"method": "seal", "generations": 2})
    writer.flush()
    writer.close()
    summaries = read_summaries(tmp_path)
    assert [(s, float(v)) for s, v in summaries["rate"]] == [(3, 0.5)]
    ((step, text),) = summaries["phase"]
    assert (step, text.item()) == (4, b"ascent")


def test_event_writer_without_a_folder_writes_nothing(tmp_path):
    writer = EventWriter(None)
    writer.scalar("rate", 0.5, 3)
    writer.hparams({"a": 1})
    writer.close()
    assert not list(tmp_path.iterdir())


def test_full_disk_ends_the_file_and_not_the_training(tmp_path, monkeypatch):
    writer = EventWriter(tmp_path)

    def fail():
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writer._writer, "flush", fail)
    writer.scalar("rate", 0.5, 3)
    with pytest.warns(RuntimeWarning, match="No space left on device. Train"):
        writer.flush()
    # Nothing more is written, and nothing more is said.
    writer.scalar("rate", 0.5, 4)
    writer.flush()
    writer.close()


def test_other_errors_are_raised(tmp_path, monkeypatch):
    writer = EventWriter(tmp_path)
    monkeypatch.setattr(writer._writer, "flush", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        writer.flush()
    writer.close()
