"""The cache of decoded pixels."""

import os
import socket

import numpy as np
import pytest

from pipelines.io.pixel_cache import PixelCache, default_cache_folder


def test_read_complete_cache_returns_mapped_pixels(tmp_path):
    cache = PixelCache(tmp_path, ["a", 1])
    assert cache.read() is None
    with cache.write() as allocate:
        allocate((3, 3))[:] = 7
    # The file alone is not complete.
    assert cache.read() is None
    cache.mark_complete([1])
    pixels, damaged = PixelCache(tmp_path, ["a", 1]).read()
    assert isinstance(pixels, np.memmap)
    # Without the row of the damaged image, at the end.
    assert pixels.tolist() == [[7, 7, 7], [7, 7, 7]]
    assert damaged == [1]
    assert PixelCache(tmp_path, ["a", 2]).read() is None


def test_write_exception_removes_the_file(tmp_path):
    cache = PixelCache(tmp_path, "x")
    with pytest.raises(ZeroDivisionError), cache.write() as allocate:
        allocate((2, 3))
        raise ZeroDivisionError
    assert not list(tmp_path.iterdir())


def test_write_deletes_what_a_killed_process_has_left(tmp_path):
    host = socket.gethostname()
    dead = tmp_path / f"a.npy.{host}.1.writing"
    elsewhere = tmp_path / f"c.npy.other-{host}.1.writing"
    dead.touch()
    elsewhere.touch()
    with PixelCache(tmp_path, "x").write() as allocate:
        allocate((2, 3))[:] = 0
    assert not dead.exists() and elsewhere.exists()


def test_processes_with_equal_numbers_keep_their_files(tmp_path, monkeypatch):
    """Containers may have the host's name, and numbers of their own."""
    monkeypatch.setattr(os, "getpid", lambda: 1)
    first, second = PixelCache(tmp_path, "x"), PixelCache(tmp_path, "x")
    with first.write() as allocate:
        pixels = allocate((2, 3))
        pixels[0] = 7
        with second.write() as allocate_other:
            allocate_other((2, 3))[:] = 7
        second.mark_complete([])
        pixels[1] = 7
    first.mark_complete([])
    assert first.read()[0].tolist() == [[7, 7, 7], [7, 7, 7]]
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("suffix", [".npy", ".json"])
def test_files_that_a_power_cut_has_emptied_are_written_again(tmp_path, suffix):
    cache = PixelCache(tmp_path, "x")
    for _ in range(2):
        assert cache.read() is None
        with cache.write() as allocate:
            allocate((2, 3))[:] = 7
        cache.mark_complete([])
        assert cache.read()[0].sum() == 42
        cache.path.with_suffix(suffix).write_bytes(b"")


def test_default_cache_folder_follows_xdg_cache_home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache_folder() == tmp_path / "seal_tf" / "images"
