"""The cost of accurate decoding of JPEG files."""

import io
import json

import pytest
from PIL import Image

from benchmarks import jpeg_decoding, result_file
from tests.pipelines.fakes import tiny_imagenet_files, write_files


def test_main_writes_a_row_for_each_size(tmp_path, monkeypatch, capsys):
    files = tiny_imagenet_files(2)
    path = write_files(files, tmp_path / "t.zip", "tiny-imagenet-200/")
    monkeypatch.setattr(result_file, "RESULTS_DIR", tmp_path)
    monkeypatch.setattr(jpeg_decoding, "LARGE_COUNT", 1)
    monkeypatch.setattr(jpeg_decoding, "LARGE_SIZE", (96, 128))
    monkeypatch.setattr(
        "sys.argv", ["jpeg_decoding", f"--data_dir={path}", "--rounds=6"]
    )
    jpeg_decoding.main()
    result = json.loads(result_file.result_path("jpeg_decoding").read_text())
    small, large = result["rows"]
    assert "6 JPEG files of 64x64" in small["measurement"]
    assert "1 JPEG files of 128x96" in large["measurement"]
    assert small["value"] > 0
    assert capsys.readouterr().out.count("\n") == 3


def test_enlarge_has_the_size_of_a_photograph():
    data = jpeg_decoding._enlarge(
        tiny_imagenet_files(1)["val/images/val_0.JPEG"]
    )
    assert Image.open(io.BytesIO(data)).size == (1024, 768)


def test_decode_returns_seconds():
    file = tiny_imagenet_files(1)["val/images/val_0.JPEG"]
    assert jpeg_decoding._decode([file], "INTEGER_FAST")() > 0
    with pytest.raises(Exception, match="dct_method"):
        jpeg_decoding._decode([file], "NONE")()
