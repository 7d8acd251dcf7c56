"""The help of the flags of a study."""

import pytest

from seal_tf.study.__main__ import main


def test_help_fits_a_screen_and_names_every_flag(capsys):
    with pytest.raises(SystemExit) as exit_:
        main(["--help"])
    assert exit_.value.code == 0
    text = capsys.readouterr().out
    lines = text.splitlines()
    assert len(lines) <= 60 and max(map(len, lines)) <= 80
    explained = text.split("All other flags")[0]
    for name in ("hours", "candidates", "storage", "train_command", "dry_run"):
        assert f"\n  --{name}" in explained
    for name in ("passes", "trials", "held_out", "smallest_difference"):
        assert f"--{name}" in text
    # The flags of training are named by their groups.
    assert "flags of training: data, model, methods, optimizer" in text
    assert "--batch_size" not in text
    with pytest.raises(SystemExit):
        main(["--helpfull"])
    text = capsys.readouterr().out
    for name in ("batch_size", "retain", "mixup_alpha", "storage"):
        assert f"\n  --{name}" in text
    assert "--generations" not in text and "--progress" not in text
