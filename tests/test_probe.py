"""`python -m seal_tf.probe`: every probe, end to end on digits."""

import json
import shutil

import keras
import numpy as np
import pytest

from seal_tf import probe
from seal_tf.probes import learning_record

DIGITS = (
    "--dataset=digits",
    "--classes=4",
    "--images_per_class=6",
    "--progress=none",
    "--k=5",
)


def run_probe(export, which, out, *arguments):
    """Run the command; return the exit code."""
    try:
        return probe.main(
            [
                f"--export={export}",
                f"--probe={which}",
                f"--out={out}",
                *DIGITS,
                *arguments,
            ]
        )
    except SystemExit as exit:
        return exit.code


def read_result(out, which):
    return json.loads((out / f"{which}.json").read_text())


def test_prediction_depth_of_export_and_model_file_agree(
    finished_run, tmp_path
):
    out = tmp_path / "depth"
    both = f"{finished_run},{finished_run / 'model.keras'}"
    assert run_probe(both, "prediction_depth", out) == 0
    result = read_result(out, "prediction_depth")
    first, second = result["networks"]
    arrays = np.load(out / first["results"]["depths"])
    others = np.load(out / second["results"]["depths"])
    np.testing.assert_array_equal(
        arrays["validation_agreement"], others["validation_agreement"]
    )
    taps = first["results"]["taps"]
    assert arrays["taps"].tolist() == taps
    predictions = arrays["validation_predictions"]
    labels = arrays["validation_labels"]
    entry = first["results"]["splits"]["validation"]
    np.testing.assert_allclose(
        entry["accuracy_per_tap"], (predictions == labels).mean(1)
    )
    depth = arrays["validation_correctness"]
    assert entry["correctness"]["mean"] == pytest.approx(depth.mean())
    # Agreement is with the predictions of the model.
    from pipelines import read as images_of
    from pipelines.augmentation.normalize import normalize

    model = keras.saving.load_model(finished_run / "model.keras")
    held = images_of("digits", "validation", classes=4)
    own = model.predict(normalize(held.pixels), verbose=0).argmax(1)
    expected = [
        next(
            (
                d + 1
                for d in range(len(taps))
                if (predictions[d:, i] == own[i]).all()
            ),
            len(taps) + 1,
        )
        for i in range(len(own))
    ]
    np.testing.assert_array_equal(arrays["validation_agreement"], expected)
    rows = entry["agreement"]["by_depth"]
    assert sum(r["examples"] for r in rows) == len(held)
    record = learning_record.read_record(finished_run / "learning")
    never = learning_record.first_correct_epoch(record["validation"]) == 4
    rows = entry["agreement"]["learning_epochs"]["first_correct"]
    fraction = sum(r["never_fraction"] * r["examples"] for r in rows) / len(
        held
    )
    assert fraction == pytest.approx(never.mean())
    figures = {p.name for p in out.glob("*.svg")}
    assert figures == {
        "accuracy_per_tap.svg",
        "depth_histogram.svg",
        "depth_by_class.svg",
        "metrics_by_depth.svg",
        f"contact_sheet_{finished_run.name}.svg",
        "contact_sheet_model.svg",
    }
    # One network twice is not two seeds.
    table = (out / "prediction_depth.md").read_text()
    assert "| seal | 1 | validation |" in table
    assert "| model | 1 | validation |" in table


def test_prediction_depth_on_other_classes_has_correctness_only(
    finished_run, tmp_path
):
    out = tmp_path / "others"
    assert (
        run_probe(finished_run, "prediction_depth", out, "--skip_classes=4")
        == 0
    )
    result = read_result(out, "prediction_depth")
    assert result["dataset"]["label"].startswith("digits, classes 5 to 8")
    entry = result["networks"][0]["results"]["splits"]["validation"]
    assert "agreement" not in entry
    assert "by_depth" not in entry["correctness"]


def test_linear_and_few_shot_write_results(finished_run, tmp_path, capsys):
    out = tmp_path / "transfer"
    assert run_probe(finished_run, "linear", out, "--linear_seeds=2") == 0
    network = read_result(out, "linear")["networks"][0]
    assert network["trained"]["method"] == "seal"
    assert (out / "linear.svg").exists()
    assert "26.96" not in (out / "linear.md").read_text()
    results = network["results"]
    assert [s["seed"] for s in results["by_seed"]] == [0, 1]
    assert results["top5"] == 1
    arguments = [
        "--ways=3",
        "--shots=1,3,7",
        "--all_way_shots=2",
        "--episodes=20",
    ]
    assert run_probe(finished_run, "few_shot", out, *arguments) == 0
    assert (
        "3-way 7-shot skipped: only 0 of 4 classes" in capsys.readouterr().out
    )
    result = read_result(out, "few_shot")
    names = [f["setting"] for f in result["networks"][0]["results"]["settings"]]
    assert names == ["3-way 1-shot", "3-way 3-shot", "all-way 2-shot"]
    assert len(result["skipped"]) == 1


def test_sharpness_writes_results_and_ensemble_needs_snapshots(
    finished_run, tmp_path, capsys
):
    out = tmp_path / "sharp"
    arguments = ["--sharpness_images=16", "--power_iterations=3"]
    assert (
        run_probe(
            finished_run, "sharpness", out, *arguments, "--trace_samples=2"
        )
        == 0
    )
    results = read_result(out, "sharpness")["networks"][0]["results"]
    assert results["label_smoothing"] == 0.1
    assert results["largest_eigenvalue"]["iterations"] <= 3
    assert run_probe(finished_run, "ensemble", out) == 2
    assert "no ensemble found" in capsys.readouterr().err


BAD = {
    "no export": ("nowhere", "linear", [], "nowhere: no such folder"),
    "no run": ("{tmp}", "linear", [], "neither an export"),
    "no probe": ("{finished_run}", "", [], "--probe="),
    "k too large": (
        "{finished_run}",
        "prediction_depth",
        ["--k=24"],
        "between 1 and 23",
    ),
    "no episode": (
        "{finished_run}",
        "few_shot",
        ["--shots=9", "--all_way_shots=0", "--ways=2"],
        "No episode can be sampled: 2-way 9-shot skipped",
    ),
    "shots of letters": (
        "{finished_run}",
        "few_shot",
        ["--shots=x"],
        "shots=x",
    ),
    "another size": (
        "{finished_run}",
        "linear",
        ["--image_size=16"],
        "image_size=16.",
    ),
    "no such tap": ("{finished_run}", "linear", ["--tap=x"], "tap=x."),
    "one twice": (
        "{finished_run},{finished_run}",
        "linear",
        [],
        "one network twice",
    ),
    "other taps": (
        "{finished_run},{other}",
        "prediction_depth",
        [],
        "Depths at different taps cannot be compared",
    ),
    "no features": ("{bare}", "linear", [], "no endpoint `features`"),
    "sharpness of an export": ("{other}", "sharpness", [], "Keras model"),
    "results cannot be written": (
        "{finished_run}",
        "linear",
        ["--out=/proc/nope"],
        "/proc/nope",
    ),
    "no number": (
        "{finished_run}",
        "linear",
        ["--memory_gb=nan"],
        "--memory_gb=nan",
    ),
    "other pooling": (
        "{finished_run},{one}",
        "prediction_depth",
        [],
        "pool their taps differently",
    ),
    "a damaged cache": ("{damaged}", "linear", [], "damaged cache"),
}


@pytest.fixture(scope="module")
def exports(finished_run, tmp_path_factory):
    """Networks that cannot be probed."""
    from seal_tf import export

    tmp = tmp_path_factory.mktemp("exports")
    file = finished_run / "model.keras"
    arguments = [f"--model={file}", "--taps=stages,conv1_conv"]
    assert export.main([*arguments, f"--out={tmp / 'other'}"]) == 0
    arguments = [f"--model={file}", "--tap_pooling=1"]
    assert export.main([*arguments, f"--out={tmp / 'one'}"]) == 0
    keras.saving.load_model(file).export(tmp / "bare", verbose=False)
    shutil.copy(finished_run / "export" / "card.json", tmp / "bare")
    shutil.copytree(finished_run / "export", tmp / "damaged")
    assert run_probe(tmp / "damaged", "linear", tmp / "out") == 0
    for cache in (tmp / "damaged_features").iterdir():
        for tap in cache.glob("*.npy"):
            tap.write_bytes(tap.read_bytes()[:-1])
    names = ("other", "one", "bare", "damaged")
    return {"finished_run": finished_run, **{n: tmp / n for n in names}}


@pytest.mark.parametrize("case", BAD)
def test_probe_with_bad_input_prints_one_line(exports, tmp_path, capsys, case):
    export, which, arguments, message = BAD[case]
    export = export.format(tmp=tmp_path, **exports)
    assert run_probe(export, which, tmp_path / "out", *arguments) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    errors = [line for line in lines if line.startswith("seal_tf: ")]
    assert len(errors) == 1, lines
    assert message in errors[0]
    assert not (tmp_path / "out").exists()
