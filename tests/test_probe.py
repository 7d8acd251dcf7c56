"""`python -m seal_tf.probe`, every probe, end to end on digits."""

import json
import shutil

import keras
import numpy as np
import pytest

from seal_tf import probe
from seal_tf.probes import learning

DIGITS = (
    "--dataset=digits",
    "--classes=4",
    "--images_per_class=6",
    "--progress=none",
    "--k=5",
)


def ask(export, which, out, *words):
    """Probes; returns the exit code."""
    try:
        return probe.main(
            [
                f"--export={export}",
                f"--probe={which}",
                f"--out={out}",
                *DIGITS,
                *words,
            ]
        )
    except SystemExit as stopped:
        return stopped.code


def read(out, which):
    return json.loads((out / f"{which}.json").read_text())


def test_prediction_depth(done, tmp_path):
    out = tmp_path / "depth"
    both = f"{done},{done / 'model.keras'}"
    assert ask(both, "prediction_depth", out) == 0
    found = read(out, "prediction_depth")
    first, second = found["networks"]
    # The work directory's export and its model file are one network.
    arrays = np.load(out / first["results"]["depths"])
    again = np.load(out / second["results"]["depths"])
    np.testing.assert_array_equal(
        arrays["validation_agreement"], again["validation_agreement"]
    )
    taps = first["results"]["taps"]
    assert arrays["taps"].tolist() == taps
    said, labels = arrays["validation_probes"], arrays["validation_labels"]
    entry = first["results"]["splits"]["validation"]
    np.testing.assert_allclose(
        entry["accuracy_per_tap"], (said == labels).mean(1)
    )
    depth = arrays["validation_correctness"]
    assert entry["correctness"]["mean"] == pytest.approx(depth.mean())
    # By hand: what the model says is what agreement is with.
    from pipelines import read as images_of
    from pipelines.augmentation.normalise import normalise

    model = keras.saving.load_model(done / "model.keras")
    held = images_of("digits", "validation", classes=4)
    own = model.predict(normalise(held.pixels), verbose=0).argmax(1)
    right_from = [
        next(
            (d + 1 for d in range(len(taps)) if (said[d:, i] == own[i]).all()),
            len(taps) + 1,
        )
        for i in range(len(own))
    ]
    np.testing.assert_array_equal(arrays["validation_agreement"], right_from)
    rows = entry["agreement"]["goes_with"]
    assert sum(r["examples"] for r in rows) == len(held)
    record = learning.read(done / "learning")
    never = learning.first_correct(record["validation"]) == 4
    rows = entry["agreement"]["learned"]["first_correct"]
    share = sum(r["never"] * r["examples"] for r in rows) / len(held)
    assert share == pytest.approx(never.mean())
    pictures = {p.name for p in out.glob("*.png")}
    assert pictures == {
        "accuracy_per_tap.png",
        "depth_histogram.png",
        "depth_by_class.png",
        "depth_goes_with.png",
        f"contact_sheet_{done.name}.png",
        "contact_sheet_model.png",
    }
    # One network twice is not two seeds.
    table = (out / "prediction_depth.md").read_text()
    assert "| seal | 1 | validation |" in table
    assert "| model | 1 | validation |" in table


def test_other_classes_have_correctness_only(done, tmp_path):
    out = tmp_path / "others"
    assert ask(done, "prediction_depth", out, "--skip_classes=4") == 0
    found = read(out, "prediction_depth")
    assert found["dataset"]["label"].startswith("digits, classes 5 to 8")
    entry = found["networks"][0]["results"]["splits"]["validation"]
    assert "agreement" not in entry
    assert "goes_with" not in entry["correctness"]


def test_transfer(done, tmp_path, capsys):
    out = tmp_path / "transfer"
    assert ask(done, "linear", out, "--linear_seeds=2") == 0
    found = read(out, "linear")["networks"][0]
    assert found["trained"]["method"] == "seal"
    assert (out / "linear.png").exists()
    assert "26.96" not in (out / "linear.md").read_text()
    results = found["results"]
    assert [s["seed"] for s in results["by_seed"]] == [0, 1]
    assert results["top5"] == 1
    few = ["--ways=3", "--shots=1,3,7", "--all_way_shots=2", "--episodes=20"]
    assert ask(done, "few_shot", out, *few) == 0
    assert (
        "3-way 7-shot left out: a class has only 6" in capsys.readouterr().out
    )
    found = read(out, "few_shot")
    names = [f["setting"] for f in found["networks"][0]["results"]["few"]]
    assert names == ["3-way 1-shot", "3-way 3-shot", "all-way 2-shot"]
    assert len(found["left_out"]) == 1


def test_sharpness_and_ensemble(done, tmp_path, capsys):
    out = tmp_path / "sharp"
    words = ["--sharpness_images=16", "--power_iterations=3"]
    assert ask(done, "sharpness", out, *words, "--trace_samples=2") == 0
    found = read(out, "sharpness")["networks"][0]["results"]
    assert found["label_smoothing"] == 0.1
    assert found["largest_eigenvalue"]["iterations"] <= 3
    assert ask(done, "ensemble", out) == 2
    assert "no ensemble there" in capsys.readouterr().err


BAD = {
    "no export": ("nowhere", "linear", [], "nowhere: no such folder"),
    "no run": ("{tmp}", "linear", [], "neither an export"),
    "no probe": ("{done}", "", [], "--probe="),
    "k too large": ("{done}", "prediction_depth", ["--k=24"], "allow 1 to 23"),
    "no episode": (
        "{done}",
        "few_shot",
        ["--shots=9", "--all_way_shots=0", "--ways=2"],
        "no episode can be drawn: 2-way 9-shot left out",
    ),
    "shots of words": ("{done}", "few_shot", ["--shots=x"], "--shots=x"),
    "another size": (
        "{done}",
        "linear",
        ["--image_size=16"],
        "--image_size=16: ",
    ),
    "no such tap": ("{done}", "linear", ["--tap=x"], "--tap=x: "),
    "one twice": ("{done},{done}", "linear", [], "one network twice"),
    "other taps": (
        "{done},{other}",
        "prediction_depth",
        [],
        "depths of different taps cannot be compared",
    ),
    "no features": ("{bare}", "linear", [], "no endpoint `features`"),
    "sharpness of an export": ("{other}", "sharpness", [], "Keras model"),
    "no place for results": (
        "{done}",
        "linear",
        ["--out=/proc/nope"],
        "/proc/nope",
    ),
    "no number": ("{done}", "linear", ["--memory_gb=nan"], "--memory_gb=nan"),
    "other pooling": (
        "{done},{one}",
        "prediction_depth",
        [],
        "pool their taps differently",
    ),
    "a damaged cache": ("{spoilt}", "linear", [], "damaged cache"),
}


@pytest.fixture(scope="module")
def places(done, tmp_path_factory):
    """Networks that something is wrong with."""
    from seal_tf import export

    tmp = tmp_path_factory.mktemp("places")
    file = done / "model.keras"
    words = [f"--model={file}", "--taps=stages,conv1_conv"]
    assert export.main([*words, f"--out={tmp / 'other'}"]) == 0
    words = [f"--model={file}", "--tap_pooling=1"]
    assert export.main([*words, f"--out={tmp / 'one'}"]) == 0
    keras.saving.load_model(file).export(tmp / "bare", verbose=False)
    shutil.copy(done / "export" / "card.json", tmp / "bare")
    shutil.copytree(done / "export", tmp / "spoilt")
    assert ask(tmp / "spoilt", "linear", tmp / "out") == 0
    for cache in (tmp / "spoilt_features").iterdir():
        for tap in cache.glob("*.npy"):
            tap.write_bytes(tap.read_bytes()[:-1])
    names = ("other", "one", "bare", "spoilt")
    return {"done": done, **{n: tmp / n for n in names}}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line(places, tmp_path, capsys, case):
    export, which, words, message = BAD[case]
    export = export.format(tmp=tmp_path, **places)
    assert ask(export, which, tmp_path / "out", *words) == 2
    said = capsys.readouterr().err.strip().splitlines()
    ours = [line for line in said if line.startswith("seal_tf: ")]
    assert len(ours) == 1, said
    assert message in ours[0]
    assert not (tmp_path / "out").exists()
