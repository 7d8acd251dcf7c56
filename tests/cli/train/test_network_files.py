"""The files of a network, in the folder of a finished run."""

import json

import keras


def test_network_files_are_those_of_the_run(finished_run):
    card = json.loads((finished_run / "export" / "card.json").read_text())
    assert card["weights"] == "last" and card["method"] == "seal"
    assert {"last", "best", "epochs"} <= card["results"].keys()
    model = keras.saving.load_model(finished_run / "model.keras")
    assert model.output_shape[-1] == len(card["classes"]) == 4
