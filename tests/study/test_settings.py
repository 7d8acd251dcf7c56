"""Flags of a study: what is tuned, what is refused, and the command."""

import shlex

import pytest

from seal_tf.cli.flags import parse
from seal_tf.study.__main__ import main
from seal_tf.study.flags import DEFAULT_CANDIDATES, define_study_flags
from seal_tf.study.program import Script, SealTrain
from seal_tf.study.settings import study_settings

DIGITS = ("--dataset=digits", "--arch=small")


def settings_of(*words):
    if not any("train_command" in word for word in words):
        words = (*DIGITS, *words)
    return study_settings(parse(define_study_flags, "", ["--hours=2", *words]))


def error_of(capsys, *words):
    with pytest.raises(SystemExit) as exit_:
        main([*words])
    assert exit_.value.code == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    return line


def test_defaults():
    settings = settings_of()
    assert [c.name for c in settings.candidates] == list(DEFAULT_CANDIDATES)
    assert (settings.budget, settings.is_passes) == (7200, False)
    assert settings.limits.must_fit is False
    assert settings.title == "digits with small"
    assert settings.name == "study"
    assert settings.program == SealTrain(
        {"dataset": "digits", "arch": "small"}, 0.2
    )
    assert settings.learning_rate == 0.1
    assert settings_of("--optimizer=adamw").learning_rate == 0.001
    assert settings_of("--candidates=llf").limits.must_fit is True
    folder = settings_of("--dataset=image_folder", "--data_dir=/a/photos.zip")
    assert folder.title == "photos with small"


def test_images_of_the_user_and_a_small_network_are_the_default():
    words = ["--hours=1", "--data_dir=photos.zip"]
    settings = study_settings(parse(define_study_flags, "", words))
    flags = {"dataset": "image_folder", "arch": "small"}
    assert settings.program.flags == {**flags, "data_dir": "photos.zip"}
    assert settings.title == "photos with small"
    assert "--arch=small" in settings.command
    words = ["--hours=1", "--train_command=python x.py"]
    settings = study_settings(parse(define_study_flags, "", words))
    assert settings.program == Script(["python", "x.py"])


def test_command_hides_the_password_of_the_storage():
    settings = settings_of("--storage=postgresql://ada:secret@host/studies")
    assert settings.storage == "postgresql://ada:secret@host/studies"
    assert "--storage=postgresql://ada:***@host/studies" in settings.command


@pytest.mark.parametrize(
    "word, removed",
    [
        ("--learning_rate=0.05", {"learning_rate"}),
        ("--l2=0.001", {"l2"}),
        ("--l2_timescale=20", {"l2"}),
        ("--retain=0.7", {"retain"}),
        ("--ascent_scale=0.1", {"retain"}),
        ("--mixup_alpha=0.3", {"mixup_alpha"}),
        ("--batch_size=16", set()),
    ],
)
def test_flag_that_the_user_sets_is_not_tuned(word, removed):
    words = ("--candidates=seal,mixup,llf",)
    free, fixed = settings_of(*words), settings_of(*words, word)
    for before, after in zip(free.candidates, fixed.candidates, strict=True):
        assert before.search.keys() - after.search.keys() == (
            before.search.keys() & removed
        )
        flags = after.training_flags(after.first_values(), 16, 0.1)
        command = fixed.program.build_command(
            flags, 0, fixed.workdir, final=True
        )
        names = [w.split("=")[0] for w in command]
        assert len(names) == len(set(names))
        # The value of the user is the one that is trained.
        if word.startswith(("--ret", "--asc")):
            assert (word in command) == (after.name == "seal")
        else:
            number = float(word.split("=")[1])
            (used,) = [w for w in command if w.startswith(word.split("=")[0])]
            assert float(used.split("=")[1]) == number
        fixed.program.check(flags)


def test_command_continues_the_study():
    words = (
        "--learning_rate=0.05",
        "--candidates=llf,swa",
        "--workdir=runs/a b",
        "--noflip",
        "--smallest_difference=0.5",
    )
    first = settings_of(*words, "--seeds=5", "--quiet")
    again = study_settings(
        parse(
            define_study_flags,
            "",
            shlex.split(shlex.join(first.command)),
        )
    )
    assert again.identity == first.identity
    assert again.command == first.command
    assert "--hours=2" in first.command and "--noflip" in first.command
    assert not any(w.startswith("--seeds") for w in first.command)
    assert (first.limits.seeds, again.limits.seeds) == (5, None)


def test_identity_is_what_the_results_depend_on():
    base = settings_of()
    for word in (
        "--seeds=9",
        "--quiet",
        "--workdir=x",
        "--storage=s.log",
        "--smallest_difference=2",
    ):
        assert settings_of(word).identity == base.identity, word
    for word in ("--seed=1", "--trials=2", "--batch_size=16", "--held_out=0.3"):
        assert settings_of(word).identity != base.identity, word


def test_epochs_that_generations_divide_are_accepted():
    # 20 epochs are too few for 4 generations.
    for epochs, candidate in ((16, "llf"), (20, "llf"), (99, "sam")):
        words = (f"--epochs={epochs}", f"--candidates={candidate}")
        assert settings_of(*words).limits.epochs == epochs


def test_script_has_its_own_flags_and_rate():
    command = "--train_command=python 'my train.py' --data=x"
    settings = settings_of(command, "--learning_rate=0.001")
    assert settings.program == Script(["python", "my train.py", "--data=x"])
    assert settings.title == "python 'my train.py' --data=x"
    # The rate is the unit of the tuned rates.
    baseline = settings.candidates[0]
    flags = baseline.training_flags({"learning_rate": 3.0}, 16, 0.001)
    assert flags["learning_rate"] == 0.003
    assert settings.learning_rate == 0.001
    assert "--learning_rate=0.001" in settings.command


@pytest.mark.parametrize(
    "words, text",
    [
        ((), "either --hours=2 or --passes=6400 is required. Received: none"),
        (("--hours=1", "--passes=10"), "is required. Received: both"),
        (("--hours=0",), "--hours must be above 0. Received: --hours=0"),
        (("--passes=-1",), "--passes must be above 0. Received: --passes=-1"),
        (
            ("--method=seal",),
            "--method is not a flag of this command: --candidates=seal,llf",
        ),
        (("--generations=4",), "--candidates=FILE.toml sets the numbers"),
        (("--epochs_per_generation=4",), "--epochs=96 sets the epochs of a"),
        (("--val_from_train=0.1",), "--held_out=0.2 is the fraction"),
        (("--progress=bar",), "--quiet prints the last line only"),
        (("--hourz=1",), "unknown flag --hourz; did you mean --hours?"),
        (
            ("--hours=1", "--candidates=lfl"),
            "--candidates must contain names of candidates: long, llf, seal",
        ),
        (
            ("--hours=1", "--candidates=long"),
            "--candidates must name something to compare with long. Received: "
            "--candidates=long",
        ),
        (
            ("--hours=1", "--candidates=a.toml,b.toml"),
            "--candidates must contain at most one file",
        ),
        (("--hours=1", "--candidates=no.toml"), "no.toml: No such file"),
        (
            ("--hours=1", "--candidates=seal+annealed_ascent"),
            "--candidates: seal+annealed_ascent: --ascent_scale (S) must be",
        ),
        (
            ("--hours=1", "--sam_rho=0.1"),
            "--sam_rho=0.1 has no effect: it is a flag of a method that is not "
            "among --candidates=long,swa,mixup,short_decay,seal,llf",
        ),
        (
            ("--hours=1", "--optimizer=adamw", "--momentum=0.5"),
            "--momentum=0.5 has no effect with --optimizer=adamw",
        ),
        (
            ("--hours=1", "--smallest_difference=0"),
            "--smallest_difference must be above 0",
        ),
        (
            ("--hours=1", "--learning_rate=0"),
            "--learning_rate must be above 0. Received: --learning_rate=0",
        ),
        (
            ("--hours=1", "--epochs=100"),
            "--epochs must be a multiple of 8, which the generations of seal "
            "divide: 8, 4, 2. Received: --epochs=100",
        ),
        (
            ("--hours=1", "--epochs=96", "--decay_epochs=16"),
            "--candidates: seal: --decay_epochs must be between 1 and the 11 ",
        ),
        (("--hours=1", "--train_command= "), "--train_command must be a com"),
        (
            ("--hours=1", "--train_command=python x.py", "--batch_size=8"),
            "--batch_size is a flag of seal_tf.train, and --train_command has",
        ),
        (
            ("--hours=1", "--train_command=python 'x.py"),
            "--train_command must be a command, such as 'python my_train.py'. "
            "Received: --train_command=python 'x.py (No closing quotation)",
        ),
    ],
)
def test_wrong_flags_are_refused_in_one_line(capsys, words, text):
    if not any(w.startswith("--train_command") for w in words):
        words = (*DIGITS, *words)
    assert text in error_of(capsys, *words)


def test_file_with_an_unknown_flag_is_refused_before_training(capsys, tmp_path):
    file = tmp_path / "c.toml"
    file.write_text(
        '[long]\nflags = {method = "normal"}\n'
        '[mine]\nflags = {method = "normal", drop_out = 0.5}\n'
    )
    line = error_of(capsys, *DIGITS, "--hours=1", f"--candidates={file}")
    assert line.startswith(
        "seal_tf: --candidates: mine: Unknown command line flag 'drop_out'"
    )


def test_candidate_with_an_optimizer_of_its_own_has_its_default_rate(tmp_path):
    file = tmp_path / "candidates.toml"
    search = (
        'search.learning_rate = { low = 0.1, high = 3.0, unit = "learning_rate"'
        ", first = 1.0 }\nsearch.l2 = { low = 1e-5, high = 1e-3, first = 2e-4, "
        'unit = "1/learning_rate" }\n'
    )
    file.write_text(
        '[sgd]\nlabel = "SGD"\nflags = { method = "normal" }\n'
        + search
        + '[adamw]\nlabel = "AdamW"\nflags = { method = "normal", '
        'optimizer = "adamw" }\n' + search
    )

    def rates(*words):
        settings = settings_of(*DIGITS, "--hours=1", *words)
        flags = [
            c.training_flags(c.first_values(), 16, settings.learning_rate)
            for c in settings.candidates
        ]
        return [(f.get("learning_rate"), pytest.approx(f["l2"])) for f in flags]

    own = f"--candidates={file}"
    assert rates(own) == [(0.1, 0.002), (0.001, 0.2)]
    # A rate of the user is that of both.
    assert [l2 for _, l2 in rates(own, "--learning_rate=0.05")] == [
        0.004,
        0.004,
    ]
