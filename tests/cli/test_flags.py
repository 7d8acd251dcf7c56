import tomllib
from importlib import import_module
from pathlib import Path

import pytest
from absl import flags as absl_flags

import seal_tf
from seal_tf.cli.flags import flag_values, parse, require
from seal_tf.cli.train.flags import define_train_flags


def _define(flags):
    absl_flags.DEFINE_integer("count", 3, "a count", flag_values=flags)
    absl_flags.DEFINE_float("size", None, "a size", flag_values=flags)


def test_parse_version_prints_version(capsys):
    with pytest.raises(SystemExit) as exit_:
        parse(define_train_flags, "", ["--version"])
    assert exit_.value.code == 0
    assert capsys.readouterr().out == f"seal_tf {seal_tf.__version__}\n"


def test_parse_word_on_command_line_is_present():
    flags = parse(_define, "", ["--size=2"])
    assert (flags["size"].present, flags["count"].present) == (1, 0)
    assert flag_values(flags) == {"count": 3, "size": 2.0}


def test_parse_expands_the_home_folder(monkeypatch, tmp_path):
    """A shell passes --out=~/x as it is."""

    def define(flags):
        absl_flags.DEFINE_string("out", None, "a path", flag_values=flags)
        absl_flags.DEFINE_list("runs", [], "paths", flag_values=flags)

    monkeypatch.setenv("HOME", str(tmp_path))
    flags = parse(define, "", ["--out=~/x", "--runs=a~/b,~/c"])
    assert flags.out == f"{tmp_path}/x"
    assert flags.runs == ["a~/b", f"{tmp_path}/c"]
    assert flags["out"].present
    assert parse(define, "", []).out is None


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--size=inf"], "--size must be finite. Received: --size=inf"),
        (["--cuont=1"], "unknown flag --cuont; did you mean --count?"),
        (["x"], "not a flag: 'x'"),
    ],
)
def test_parse_bad_words_exit_2_with_one_line(words, message, capsys):
    with pytest.raises(SystemExit) as exit_:
        parse(_define, "", words)
    assert exit_.value.code == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


def test_require_missing_flag_is_named():
    flags = parse(_define, "", [])
    with pytest.raises(ValueError, match="--size=2 required.*--size=$"):
        require(flags, size="2")
    require(flags, count="1")


def test_scripts_of_the_wheel_answer_help():
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    assert {"seal-train", "seal-probe", "seal-report", "seal-prepare-data"} <= (
        project["scripts"].keys()
    )
    for target in project["scripts"].values():
        module, name = target.split(":")
        with pytest.raises(SystemExit) as exit_:
            getattr(import_module(module), name)(["--help"])
        assert exit_.value.code == 0


@pytest.mark.parametrize(
    ("word", "message"),
    [
        (
            "--count=abc",
            "--count must be a whole number. Received: --count=abc",
        ),
        ("--count=1.5", "--count must be a whole number"),
        ("--rate=fast", "--rate must be a number. Received: --rate=fast"),
        ("--flip=3", "--flip must be true or false. Received: --flip=3"),
        ("--color=gren", "must be one of red, green. Received: --color=gren; "),
        ("--color=gren", "did you mean green?"),
        ("--flagfile=/none.flags", "--flagfile=/none.flags: No such file"),
        ("--cuont=1", "unknown flag --cuont; did you mean --count?"),
    ],
)
def test_parse_with_bad_value_names_flag_and_accepted_values(
    word, message, capsys
):
    def define(values):
        absl_flags.DEFINE_integer("count", 1, "", flag_values=values)
        absl_flags.DEFINE_float("rate", 1.0, "", flag_values=values)
        absl_flags.DEFINE_bool("flip", True, "", flag_values=values)
        absl_flags.DEFINE_enum(
            "color", "red", ["red", "green"], "", flag_values=values
        )

    with pytest.raises(SystemExit) as exit_:
        parse(define, "", [word])
    assert exit_.value.code == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1
