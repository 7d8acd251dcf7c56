"""Progress callbacks."""

from seal_tf.utils.progress import ignore_progress


def test_ignore_progress_prints_nothing(capsys):
    ignore_progress(1, 2)
    assert capsys.readouterr().out == ""
