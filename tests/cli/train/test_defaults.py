import pytest

from seal_tf.cli.flags import parse
from seal_tf.cli.train.flags import define_train_flags
from seal_tf.cli.train.settings import train_settings


@pytest.mark.parametrize(
    ("words", "method", "rate"),
    [
        ([], "normal", 0.1),
        (["--generations=2"], "seal", 0.1),
        (["--method=llf", "--optimizer=adamw"], "llf", 0.001),
    ],
)
def test_resolve_flags_chooses_method_and_rate(words, method, rate):
    settings = train_settings(parse(define_train_flags, "", words))
    assert (settings.method, settings.optimizer.learning_rate) == (method, rate)
