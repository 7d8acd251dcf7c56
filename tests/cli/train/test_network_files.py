"""The files of a network, in the folder of a finished run."""

import dataclasses
import json
import shlex
from types import SimpleNamespace

import keras

from seal_tf.cli.flags import flag_values, parse
from seal_tf.cli.train import network_files
from seal_tf.cli.train.flags import define_train_flags
from seal_tf.cli.train.network_files import rebuild_command
from seal_tf.cli.train.settings import train_settings
from tests.cli.runs import FINISHED, TINY


def test_network_files_are_those_of_the_run(finished_run):
    card = json.loads((finished_run / "export" / "card.json").read_text())
    assert card["weights"] == "last" and card["method"] == "seal"
    assert {"last", "best", "epochs"} <= card["results"].keys()
    model = keras.saving.load_model(finished_run / "model.keras")
    assert model.output_shape[-1] == len(card["classes"]) == 4


def test_card_has_the_command_that_trains_the_network_again(finished_run):
    card = json.loads((finished_run / "export" / "card.json").read_text())
    words = shlex.split(" ".join(card["command"]))
    assert words[:3] == ["python", "-m", "seal_tf.train"]
    flags = flag_values(parse(define_train_flags, "", words[3:]))
    different = {n for n in flags if flags[n] != card["flags"][n]}
    # The run has these flags, which do not change the network.
    assert different == {"workdir", "progress"}
    text = (finished_run / "export" / "README.md").read_text()
    (block,) = text.split("```sh\n")[1:]
    block = block.split("\n```")[0].replace("\\\n", " ")
    assert block.split() == card["command"]


def test_rebuild_command_names_paths_and_quotes_them():
    words = [*TINY, *FINISHED, "--dataset=image_folder", "--noflip"]
    words += ["--data_dir=/home/me/my photos", "--init_from=/home/x.keras"]
    settings = train_settings(parse(define_train_flags, "", words))
    command = rebuild_command(settings)
    assert "--data_dir=…/'my photos'" in command
    assert "--init_from=…/x.keras" in command
    assert "--noflip" in command and "--track_learning" in command
    assert not any("/home" in word for word in command)


def test_rebuild_command_is_accepted(tmp_path):
    """A flag file may set flags of another method."""
    file = tmp_path / "a.flags"
    file.write_text(
        "--method=seal\n--ascent_scale=0.5\n--l2=0.01\n"
        "--l2_schedule_shape=rate\n--momentum=0.8\n"
        "--randaugment_magnitude=3\n"
    )
    words = [f"--flagfile={file}", *TINY, "--generations=1"]
    words += ["--method=normal", "--l2_timescale=4", "--optimizer=adamw"]
    words += ["--learning_rate=0.01"]
    settings = train_settings(parse(define_train_flags, "", words))
    command = rebuild_command(settings)
    assert "--l2_timescale=4.0" in command
    text = " ".join(command)
    for name in (
        "ascent_scale",
        "--l2=",
        "l2_schedule",
        "momentum",
        "randaugment",
    ):
        assert name not in text
    again = train_settings(parse(define_train_flags, "", command[3:]))
    assert again.schedule == settings.schedule


def test_rebuild_command_names_another_backend(monkeypatch):
    """Whoever repeats the command may have no KERAS_BACKEND."""
    settings = train_settings(parse(define_train_flags, "", [*TINY]))
    settings = dataclasses.replace(
        settings,
        flags={**settings.flags, "backend": "jax"},
        defaults={**settings.defaults, "backend": "jax"},
    )
    assert "--backend=jax" in rebuild_command(settings)


def test_card_has_the_l2_of_the_timescale():
    report = SimpleNamespace(decay=SimpleNamespace(coefficient=0.03))
    flags = {"l2": 5e-4, "l2_timescale": 4.0}
    run = SimpleNamespace(
        settings=SimpleNamespace(flags=flags),
        plan=SimpleNamespace(decay_report=lambda: report),
    )
    assert network_files._flags_of_card(run)["l2"] == 0.03
    del flags["l2_timescale"]
    assert network_files._flags_of_card(run)["l2"] == 5e-4
