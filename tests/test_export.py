"""`python -m seal_tf.export`: exports that only TensorFlow loads."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest

from seal_tf import export as command

ALONE = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("seal_tf", "pipelines"):
            raise ImportError(name)
sys.meta_path.insert(0, Missing())
import numpy as np, tensorflow as tf
model = tf.saved_model.load(sys.argv[1])
images = np.load(sys.argv[2])
np.savez(sys.argv[3], **model.serve(images), **model.features(images))
"""


def run_export(*arguments):
    """Run the command; return its exit code."""
    try:
        return command.main(list(arguments))
    except SystemExit as exit:
        return exit.code


@pytest.fixture(scope="module")
def transfer(tmp_path_factory):
    """A model with a network of `keras.applications` inside."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            keras.layers.Rescaling(1 / 127.5, -1),
            keras.applications.MobileNetV2(
                weights=None, input_shape=(32, 32, 3), include_top=False
            ),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(4, activation="softmax"),
        ]
    )
    file = tmp_path_factory.mktemp("model") / "model.keras"
    model.save(file)
    return model, file


@pytest.mark.slow
def test_export_of_nested_model_loads_without_this_package(transfer, tmp_path):
    model, file = transfer
    (tmp_path / "names.txt").write_text("a\nb\nc\nd\n")
    arguments = [
        f"--model={file}",
        f"--out={tmp_path / 'out'}",
        "--preprocessing=none",
        "--taps=stages",
        "--tap_pooling=1",
        f"--classes={tmp_path / 'names.txt'}",
    ]
    assert run_export(*arguments) == 0
    card = json.loads((tmp_path / "out" / "card.json").read_text())
    assert card["classes"] == ["a", "b", "c", "d"]
    assert card["model_preprocessing"] == "none"
    assert len(card["taps"]) >= 4
    images = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), "u1")
    np.save(tmp_path / "x.npy", images)
    paths = [tmp_path / n for n in ("out", "x.npy", "o.npz")]
    subprocess.run([sys.executable, "-c", ALONE, *map(str, paths)], check=True)
    out = np.load(tmp_path / "o.npz")
    expected = model.predict(images.astype("f4"), verbose=0)
    np.testing.assert_allclose(out["probabilities"], expected, atol=1e-5)
    np.testing.assert_allclose(np.exp(out["logits"]), expected, atol=1e-5)
    assert {n: out[n].shape for n in card["taps"]} == {
        n: (3, shape[-1]) for n, shape in card["taps"].items()
    }
    np.testing.assert_allclose(
        out["penultimate"],
        keras.Model(model.inputs[0], model.layers[-2].output)(images),
        atol=1e-5,
    )


#: Heads, flags, kind of output, printed text.
OUTPUTS = {
    "sigmoid": (("sigmoid", None), [], "sigmoid", "output: sigmoid; "),
    "loss of the file": ((None, "mse"), [], "values", "output: values; "),
    "assumed logits": (
        (None, None),
        [],
        "logits",
        "output: logits (assumed; --output_kind sets another kind); ",
    ),
    "flag": (
        (None, None),
        ["--output_kind=sigmoid_logits"],
        "sigmoid_logits",
        "output: sigmoid_logits; ",
    ),
}


@pytest.mark.parametrize("case", OUTPUTS)
def test_export_prints_and_writes_the_kind_of_output(case, tmp_path, capsys):
    (activation, loss), arguments, kind, text = OUTPUTS[case]
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(3, activation),
        ]
    )
    if loss:
        model.compile("sgd", loss)
    model.save(tmp_path / "m.keras")
    assert (
        run_export(
            f"--model={tmp_path / 'm.keras'}",
            f"--out={tmp_path / 'out'}",
            "--preprocessing=unit",
            "--taps=penultimate",
            *arguments,
        )
        == 0
    )
    assert text in capsys.readouterr().out
    card = json.loads((tmp_path / "out" / "card.json").read_text())
    assert card["output_kind"] == kind


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("none", lambda x: x),
        ("unit", lambda x: x / 255),
        ("tf", lambda x: x / 127.5 - 1),
        (
            "torch",
            lambda x: (x / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225],
        ),
        ("caffe", lambda x: x[..., ::-1] - [103.939, 116.779, 123.68]),
    ],
)
def test_preprocessing_function_equals_keras_modes(mode, expected):
    from pipelines.preprocessing import preprocessing_function

    x = np.random.default_rng(0).integers(0, 256, (2, 4, 4, 3), "u1")
    np.testing.assert_allclose(
        preprocessing_function(mode)(x), expected(x.astype("f8")), atol=1e-4
    )


BAD = {
    "no model": ([], "--model=X.keras and --out=DIR required"),
    "no such file": (["--model=no.keras", "--preprocessing=tf"], "no.keras"),
    "no preprocessing": (["--model={file}"], "preprocessing=None"),
    "another size": (
        ["--model={file}", "--preprocessing=tf", "--image_size=64"],
        "accepts images of (32, 32, 3)",
    ),
    "a tap of nothing": (
        ["--model={file}", "--preprocessing=tf", "--taps=nope"],
        "taps=nope",
    ),
    "an impossible kind": (
        ["--model={file}", "--preprocessing=tf", "--output_kind=multiple"],
        "--output_kind=multiple",
    ),
    "other class names": (
        ["--model={file}", "--preprocessing=tf", "--classes={names}"],
        "a file with 4 names",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_export_with_bad_input_prints_one_line(
    transfer, tmp_path, capsys, case
):
    arguments, message = BAD[case]
    names = tmp_path / "names.txt"
    names.write_text("a\n")
    arguments = [
        argument.format(file=transfer[1], names=names) for argument in arguments
    ]
    assert run_export(*arguments, f"--out={tmp_path / 'out'}") == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert [message in line for line in lines if "seal_tf:" in line] == [True]
    assert [p.name for p in tmp_path.iterdir()] == ["names.txt"]


def test_export_to_other_folder_does_not_overwrite_it(
    transfer, tmp_path, capsys
):
    (tmp_path / "notes.txt").write_text("precious")
    arguments = [f"--model={transfer[1]}", "--preprocessing=tf"]
    assert run_export(*arguments, f"--out={tmp_path}") == 2
    assert "is not an export" in capsys.readouterr().err
    assert (tmp_path / "notes.txt").read_text() == "precious"
