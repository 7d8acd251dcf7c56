import json

import keras
import pytest

from tests.cli.runs import run


@pytest.mark.slow
def test_export_weights_best_exports_the_best_epoch(tmp_path):
    from pipelines import read
    from pipelines.augmentation.normalize import normalize

    workdir = tmp_path / "best"
    assert run(workdir, "--export_weights=best", "--learning_rate=0.3") == 0
    summary = json.loads((workdir / "summary.json").read_text())
    images = read("digits", "validation", classes=4)
    model = keras.saving.load_model(workdir / "model.keras")
    logits = model.predict(normalize(images.pixels), verbose=0)
    accuracy = (logits.argmax(1) == images.labels).mean()
    assert accuracy == pytest.approx(summary["best"]["val_accuracy"], abs=1e-6)


def test_card_of_finished_run_has_flags_and_results(finished_run):
    card = json.loads((finished_run / "export" / "card.json").read_text())
    summary = json.loads((finished_run / "summary.json").read_text())
    assert card["model_preprocessing"] == "torch"
    assert card["flags"] == summary["flags"]
    assert card["results"]["last"] == summary["last"]
