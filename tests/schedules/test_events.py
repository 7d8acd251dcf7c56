"""Events as data."""

from seal_tf.schedules import Reinitialize, ResetOptimizer, SaveSnapshot


def test_events_run_snapshot_then_reset_then_reinitialization():
    events = [
        Reinitialize(1, (False, True), "reference", 0),
        ResetOptimizer(),
        SaveSnapshot(0),
    ]
    ordered = sorted(events, key=lambda event: event.priority)
    assert ordered == events[::-1]


def test_events_describe_themselves():
    assert str(SaveSnapshot(1)) == "snapshot 2 saved"
    assert str(ResetOptimizer()) == "optimizer reset"
    event = Reinitialize(1, (False, True, True), "reference", 0)
    assert str(event) == "kernels of 2 group(s) reinitialized"
