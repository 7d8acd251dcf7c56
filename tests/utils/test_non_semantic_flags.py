from seal_tf.cli.flags import parse
from seal_tf.cli.train.flags import define_train_flags
from seal_tf.utils.non_semantic_flags import NON_SEMANTIC_FLAGS


def test_non_semantic_flags_are_flags_of_training():
    flags = set(parse(define_train_flags, "", []))
    assert flags >= NON_SEMANTIC_FLAGS


def test_non_semantic_flags_contain_no_setting_of_the_method():
    assert not NON_SEMANTIC_FLAGS & {"method", "seed", "l2", "learning_rate"}
