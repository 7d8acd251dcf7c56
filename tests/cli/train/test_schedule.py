import pytest

from seal_tf.cli.flags import parse
from seal_tf.cli.train.defaults import resolve_flags
from seal_tf.cli.train.flags import define_train_flags
from seal_tf.cli.train.schedule import build_schedule, check_method_flags


def _flags(*words):
    flags = parse(define_train_flags, "", list(words))
    resolve_flags(flags)
    return flags


def test_build_schedule_composition_shares_settings_and_one_rate():
    schedule = build_schedule(
        _flags(
            "--method=snapshots+seal",
            "--generations=2",
            "--epochs_per_generation=8",
            "--ascent_scale=0.5",
            "--arch=small",
        )
    )
    seal, snapshots = schedule.parts
    assert (seal.name, seal.generations, seal.ascent_scale) == ("seal", 2, 0.5)
    assert seal.split_at == "conv4_block1"
    assert seal.learning_rate == 0.1
    assert snapshots.cycles == 2 and snapshots.learning_rate is None


def test_build_schedule_split_may_be_a_fraction():
    schedule = build_schedule(_flags("--method=llf", "--split_at=0.25"))
    assert schedule.split_at == 0.25


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--method=normal", "--retain=0.3"], "--method=normal"),
        (["--method=normal", "--split_at=x"], "--split_at=x has no effect"),
        (
            ["--method=llf", "--llf_kept_fraction=0.3"],
            "--llf_kept_fraction=0.3 has no effect with --llf_layers=later",
        ),
        (
            ["--method=llf", "--nollf_rescale"],
            "has no effect with --llf_layers=later",
        ),
        (["--method=llf", "--shrink=0.3"], "--shrink=0.3 has no effect"),
        (["--optimizer=adamw", "--momentum=0.8"], "--optimizer=adamw"),
        (["--method=normal+nope"], "Received: --method=normal+nope"),
        (
            ["--randaugment_magnitude=3"],
            "--randaugment_magnitude=3 has no effect with --randaugment=0",
        ),
        (["--max_rollbacks=5"], "has no effect with --on_divergence=stop"),
        (["--nosync_batch_norm"], "has no effect with --strategy=none"),
        (["--l2=0.1", "--l2_timescale=3"], "--l2=0.1 and --l2_timescale=3.0"),
        (["--l2_timescale=0"], "Received: weight_decay_timescale=0.0"),
        (["--method=l2_schedule"], "--method=normal+l2_schedule"),
        (["--method=normal+l2_schedule", "--l2=0"], "Received: --l2=0.0"),
        (
            [
                *("--method=normal+l2_schedule", "--l2_schedule_end=1"),
                "--l2_schedule_shape=rate",
            ],
            "--l2_schedule_shape=rate",
        ),
    ],
)
def test_check_method_flags_flag_without_effect_raises(words, message):
    with pytest.raises(ValueError) as error:
        check_method_flags(_flags(*words))
    assert message in str(error.value)


def test_check_method_flags_ignores_flags_of_a_flag_file(tmp_path):
    file = tmp_path / "x.flags"
    file.write_text("--ascent_scale=0.2\n--llf_reinit=initializer\n")
    check_method_flags(_flags(f"--flagfile={file}", "--method=normal"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--method=distill"], "distill requires at least two generations"),
        (["--method=swa", "--swa_count=1"], "`count` must be between 2 and"),
        (["--method=shrink_perturb", "--shrink=2"], "`shrink` must be between"),
        (
            ["--method=llf+freezeout", "--llf_layers=classifier"],
            "llf and freezeout must group layers in the same way",
        ),
    ],
)
def test_build_schedule_with_a_contradiction_names_it(words, message):
    with pytest.raises(ValueError, match=message):
        build_schedule(_flags(*words))
