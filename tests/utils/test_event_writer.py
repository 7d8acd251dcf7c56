"""TensorBoard's event files."""

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
