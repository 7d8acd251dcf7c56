import subprocess
import sys

import pytest

from seal_tf.cli.flags import parse
from seal_tf.cli.train.flags import define_train_flags


def test_define_train_flags_imports_no_tensorflow():
    code = (
        "import sys; from seal_tf.cli.train.flags import define_train_flags;"
        "sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_define_train_flags_every_flag_has_help():
    flags = parse(define_train_flags, "", [])
    assert all(len(flags[name].help) > 4 for name in flags)


@pytest.mark.parametrize("word", ["--ascent_scale=auto", "--ascent_scale=0.5"])
def test_ascent_scale_accepts_number_and_auto(word):
    flags = parse(define_train_flags, "", [word])
    assert flags.ascent_scale in ("auto", 0.5)


def test_ascent_scale_other_string_exits_2(capsys):
    with pytest.raises(SystemExit) as exit_:
        parse(define_train_flags, "", ["--ascent_scale=most"])
    assert exit_.value.code == 2
    assert "must be a number or auto" in capsys.readouterr().err
