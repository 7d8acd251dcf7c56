"""Random flags: the training command runs, or refuses them in one line."""

import contextlib
import io

import keras
import pytest
from absl import flags as absl_flags
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seal_tf import train
from seal_tf.cli.train.flags import define_train_flags
from tests.cli.runs import TINY

#: Flags that choose folders, or that change the whole process.
NOT_DRAWN = {"workdir", "data_dir", "image_cache", "cpu_devices"}
NOT_DRAWN |= {"deterministic", "wait_for_machines", "profile_steps"}
NUMBERS = (-1, 0, 1, 2, 3, 7, 1000)
FRACTIONS = (-1.0, 0.0, 1e-9, 0.1, 0.5, 1.0, 2.0, "nan", "inf")
WORDS = ("", "auto", "nope", "0.5", "a,b", "/nowhere", "conv3_block1", "é")


def _declared_flags():
    flags = absl_flags.FlagValues()
    define_train_flags(flags)
    return {n: flags[n] for n in sorted(flags) if n not in NOT_DRAWN}


def _values(flag):
    """A strategy of the words `--name=value` of one flag."""
    choices = getattr(flag.parser, "enum_values", None)
    if flag.boolean:
        return st.sampled_from([f"--{flag.name}", f"--no{flag.name}"])
    kind = flag.flag_type()
    values = {"int": NUMBERS, "float": FRACTIONS}.get(kind, WORDS)
    if choices:
        values = (*choices, "nope")
    return st.sampled_from([f"--{flag.name}={value}" for value in values])


def _words(most):
    """A strategy of lists of flags, each with another name."""
    flags = _declared_flags()
    return st.lists(
        st.sampled_from(sorted(flags)), max_size=most, unique=True
    ).flatmap(lambda names: st.tuples(*(_values(flags[n]) for n in names)))


def _settings(count):
    return settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


def _check(words, workdir):
    """Run the command; it ends with 0, or with 2 and one line."""
    errors = io.StringIO()
    try:
        with (
            contextlib.redirect_stderr(errors),
            contextlib.redirect_stdout(io.StringIO()),
        ):
            code = train.main([*TINY, f"--workdir={workdir}", *words])
    except SystemExit as exit_:
        code = exit_.code
    finally:
        keras.config.set_dtype_policy("float32")
    lines = [
        line
        for line in errors.getvalue().splitlines()
        if line.startswith("seal_tf: ") and "warning:" not in line
    ]
    if code == 2:
        assert len(lines) == 1, (words, lines)
        assert not workdir.exists(), words
    else:
        assert code == 0, (words, lines)


@_settings(25)
@given(_words(3))
def test_dry_run_with_random_flags_ends_with_0_or_one_line(
    tmp_path_factory, words
):
    workdir = tmp_path_factory.mktemp("flags") / "run"
    _check([*words, "--dry_run"], workdir)
    assert not workdir.exists()


@pytest.mark.slow
@_settings(300)
@given(_words(6))
def test_dry_run_with_many_random_flags_ends_with_0_or_one_line(
    tmp_path_factory, words
):
    workdir = tmp_path_factory.mktemp("flags") / "run"
    _check([*words, "--dry_run"], workdir)


@pytest.mark.slow
@_settings(40)
@given(_words(3))
def test_run_with_random_flags_ends_with_0_or_one_line(tmp_path_factory, words):
    workdir = tmp_path_factory.mktemp("flags") / "run"
    _check([w for w in words if "1000" not in w], workdir)
