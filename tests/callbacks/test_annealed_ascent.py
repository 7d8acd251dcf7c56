"""Annealed ascent as a callback."""

from seal_tf import AnnealedAscentCallback
from tests.callbacks.block_fits import compiled_blocks


def test_annealed_ascent_callback_trains(digits):
    callback = AnnealedAscentCallback(p0=0.3, ascent_scale=0.1)
    history = compiled_blocks().fit(
        *digits, 16, epochs=4, verbose=0, callbacks=[callback]
    )
    assert len(history.history["later_rate"]) == 4
    assert callback.schedule.p0 == 0.3
    assert callback.schedule.generations == 1
