"""The command `seal_tf.prepare_data` on generated archives."""

import pytest

from pipelines import DATA_SETS
from seal_tf import prepare_data
from tests.pipelines.fakes import (
    tiny_imagenet_files,
    write_aircraft_archive,
    write_files,
    write_indoor_archives,
    write_tiny_imagenet_archive,
)


def run(*arguments):
    """Run the command and return its exit code."""
    try:
        return prepare_data.main(list(arguments))
    except SystemExit as stopped:
        return stopped.code


@pytest.mark.parametrize(
    ("name", "write_archives"),
    [
        ("tiny_imagenet", write_tiny_imagenet_archive),
        ("fgvc_aircraft", write_aircraft_archive),
        ("mit_indoor67", write_indoor_archives),
    ],
)
def test_prepare_data_local_archives_prints_files_and_folder(
    tmp_path, capsys, name, write_archives
):
    (tmp_path / "archives").mkdir()
    write_archives(tmp_path / "archives")
    arguments = [
        f"--dataset={name}",
        f"--data_dir={tmp_path / 'data'}",
        f"--archive_dir={tmp_path / 'archives'}",
    ]
    assert run(*arguments) == 0
    output = capsys.readouterr().out
    for archive in DATA_SETS[name].archives:
        assert f"{archive}, about" in output
    assert DATA_SETS[name].license in output
    assert f"{name} is prepared in" in output
    assert run(*arguments) == 0
    assert "already" in capsys.readouterr().out


def test_prepare_data_hostile_or_broken_archive_exits_with_2(tmp_path, capsys):
    archive = tmp_path / "archives" / "tiny-imagenet-200.zip"
    archive.parent.mkdir()
    arguments = [
        "--dataset=tiny_imagenet",
        f"--data_dir={tmp_path / 'data'}",
        f"--archive_dir={archive.parent}",
    ]
    write_files(tiny_imagenet_files(2) | {"../../evil": b"x"}, archive)
    assert run(*arguments) == 2
    assert "member '../../evil' is refused" in capsys.readouterr().err
    files = tiny_imagenet_files(2)
    del files["val/val_annotations.txt"]
    archive.unlink()
    write_files(files, archive)
    assert run(*arguments) == 2
    assert "no val/val_annotations.txt" in capsys.readouterr().err


def test_prepare_data_wrong_checksum_exits_with_2(tmp_path, capsys):
    (tmp_path / "cifar-100-binary.tar.gz").write_bytes(b"not it")
    arguments = ["--dataset=cifar100", f"--data_dir={tmp_path / 'data'}"]
    assert run(*arguments, f"--archive_dir={tmp_path}") == 2
    output = capsys.readouterr().err
    assert "another file. Its SHA-256 is" in output
    assert "(168,513,733 bytes) is published" in output


def test_prepare_data_dry_run_prints_files_and_writes_nothing(tmp_path, capsys):
    arguments = ["--dry_run", f"--data_dir={tmp_path / 'none'}"]
    for name, data_set in DATA_SETS.items():
        if data_set.can_be_prepared:
            assert run(f"--dataset={name}", *arguments) == 0
            output = capsys.readouterr().out
            assert all(a in output for a in data_set.archives), name
            assert "http" in output
    assert not (tmp_path / "none").exists()
