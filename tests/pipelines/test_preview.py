"""The command `pipelines.preview`."""

import os

import numpy as np
import pytest
from PIL import Image

from pipelines import preview
from tests.pipelines.fakes import image_folder_files, write_files


def test_main_digits_writes_a_sheet(tmp_path, capsys):
    out = tmp_path / "sheet.png"
    arguments = ["--dataset=digits", f"--out={out}", "--count=3"]
    assert preview.main(arguments) == 0
    assert f"digits train: 3 images, {out}" in capsys.readouterr().out
    assert np.asarray(Image.open(out)).std() > 0


@pytest.mark.parametrize(
    ("words", "padding", "flip"),
    [
        ([], 1, False),
        (["--image_size=32"], 4, False),
        (["--crop_padding=0", "--flip"], 0, True),
    ],
)
def test_main_draws_the_crop_and_flip_of_training(
    words, padding, flip, tmp_path, monkeypatch
):
    recipes = []
    monkeypatch.setattr(
        preview, "_write_sheet", lambda flags, recipe, _: recipes.append(recipe)
    )
    arguments = ["--dataset=digits", f"--out={tmp_path / 'x.png'}", *words]
    assert preview.main(arguments) == 0
    assert (recipes[0].crop_padding, recipes[0].flip) == (padding, flip)


def test_main_bad_argument_names_the_flag_and_returns_2(tmp_path, capsys):
    out = tmp_path / "sheet.png"
    arguments = ["--dataset=digits", f"--out={out}", "--mixup_alpha=-1"]
    assert preview.main(arguments) == 2
    error = capsys.readouterr().err
    assert "Argument --mixup_alpha must be between 0 and 100" in error
    assert not out.exists()


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("--count=0", "--count must be at least 1. Received: count=0"),
        ("--seed=3000000000", "Argument --seed must be from 0 to 2147483647"),
    ],
)
def test_main_number_out_of_range_is_one_line(word, message, tmp_path, capsys):
    arguments = ["--dataset=digits", f"--out={tmp_path / 'x.png'}", word]
    assert preview.main(arguments) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


def test_main_draws_classes_with_dollar_signs_and_other_bytes(tmp_path, capsys):
    files = {
        name.replace("ant", "x$5_$"): content
        for name, content in image_folder_files().items()
    }
    path = write_files(files, tmp_path / "d")
    (path / "train" / "bee" / os.fsdecode(b"n\xff.txt")).touch()
    out = tmp_path / "sheet.png"
    arguments = [f"--data_dir={path}", f"--out={out}"]
    assert preview.main(["--dataset=image_folder", *arguments]) == 0
    assert out.exists()
    assert "left out" in capsys.readouterr().out


def test_create_parser_unknown_flag_exits_with_one_line(capsys):
    with pytest.raises(SystemExit) as stopped:
        preview.create_parser().parse_args(["--nothing"])
    assert stopped.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_main_unknown_data_set_suggests_the_nearest(tmp_path, capsys):
    arguments = ["--dataset=cifar-10", f"--out={tmp_path / 'sheet.png'}"]
    assert preview.main(arguments) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "Argument --dataset must be one of" in error
    assert "Did you mean 'cifar10'?" in error


def test_main_prints_what_is_left_out(tmp_path, capsys):
    files = image_folder_files() | {"train/ant/x.heic": b""}
    path = write_files(files, tmp_path / "d")
    out = tmp_path / "sheet.png"
    arguments = ["--dataset=image_folder", f"--data_dir={path}"]
    assert preview.main([*arguments, f"--out={out}", "--count=2"]) == 0
    assert "left out 1 files without the suffix" in capsys.readouterr().out
