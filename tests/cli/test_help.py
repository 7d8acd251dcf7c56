from importlib import import_module

import pytest
from absl import flags as absl_flags

from seal_tf.__main__ import COMMANDS
from seal_tf.cli.flags import parse
from seal_tf.cli.help import HelpLayout, define_groups, format_help
from seal_tf.cli.probe.flags import define_flags
from seal_tf.cli.train.flags import define_train_flags


def _define(flags):
    return HelpLayout(
        define_groups(flags, {"sizes": _sizes, "colors": _colors}), ("size",)
    )


def _sizes(flags):
    absl_flags.DEFINE_integer("size", 0, "a size", flag_values=flags)
    absl_flags.DEFINE_integer("width", None, "a width", flag_values=flags)


def _colors(flags):
    names = [f"color_with_a_long_name_{i}" for i in range(9)]
    absl_flags.DEFINE_enum("color", None, names, "a color", flag_values=flags)
    absl_flags.DEFINE_enum("ink", "a", ["a", "b"], "an ink", flag_values=flags)
    absl_flags.DEFINE_bool("bold", False, "use bold", flag_values=flags)
    absl_flags.DEFINE_bool("trim", True, "trim it", flag_values=flags)


def test_format_help_first_flags_are_explained_and_others_named():
    flags = absl_flags.FlagValues()
    layout = _define(flags)
    text = format_help(flags, "Draw.\n", layout, full=False)
    assert text.splitlines() == [
        "Draw.",
        "",
        "The flags that matter most:",
        "",
        "  --size=N",
        "      a size (default: 0)",
        "",
        "All other flags (--helpfull explains them):",
        "",
        "  sizes: --width",
        "  colors: --color --ink --bold --trim",
    ]


def test_format_help_full_has_groups_and_each_choice_once():
    flags = absl_flags.FlagValues()
    text = format_help(flags, "Draw.", _define(flags), full=True)
    lines = text.splitlines()
    assert lines.index("Sizes:") < lines.index("Colors:")
    assert "  --color=NAME" in lines
    assert "  --ink=a|b" in lines and "      an ink (default: a)" in lines
    assert "  --bold" in lines and "      use bold" in lines
    assert "  --[no]trim" in lines and "      trim it (default: yes)" in lines
    for i in range(9):
        assert text.count(f"color_with_a_long_name_{i}") == 1


@pytest.mark.parametrize("define", [define_train_flags, define_flags])
def test_help_explains_ten_flags_and_names_all(define, capsys):
    outputs = []
    for word in ("--help", "--helpfull"):
        with pytest.raises(SystemExit) as exit_:
            parse(define, "What it does.", [word])
        assert exit_.value.code == 0
        outputs.append(capsys.readouterr().out)
    short, full = outputs
    names = list(parse(define, "", []))
    for name in names:
        assert f"--{name}" in short or f"]{name}" in short, name
        assert f"\n  --{name}" in full or f"\n  --[no]{name}\n" in full, name
    assert short.count("\n      ") < full.count("\n      ")
    entries = short.split("All other flags")[0]
    assert entries.count("\n  --") == 10
    for output in outputs:
        assert max(map(len, output.splitlines())) <= 80
        assert "<" not in output and "None" not in output


def test_flag_files_of_training_are_offered_by_training_only(capsys):
    for name in COMMANDS:
        with pytest.raises(SystemExit):
            import_module(f"seal_tf.{name}").main(["--helpfull"])
        offers = "seal:NAME" in capsys.readouterr().out
        assert offers == (name == "train"), name
