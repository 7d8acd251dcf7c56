"""The cache of decoded pixels."""

import os
import socket
import subprocess

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
    process = subprocess.Popen(["true"])
    process.wait()
    dead = tmp_path / f"a.npy.{host}.{process.pid}.part"
    running = tmp_path / f"b.npy.{host}.{os.getppid()}.part"
    elsewhere = tmp_path / f"c.npy.other-{host}.{process.pid}.part"
    for file in (dead, running, elsewhere):
        file.touch()
    with PixelCache(tmp_path, "x").write() as allocate:
        allocate((2, 3))[:] = 0
    assert not dead.exists()
    assert running.exists() and elsewhere.exists()


def test_default_cache_folder_follows_xdg_cache_home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache_folder() == tmp_path / "seal_tf" / "images"
