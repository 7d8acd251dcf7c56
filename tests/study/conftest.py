"""Storages that the workers of a study share."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from tests.study.postgresql import running_server


@pytest.fixture(scope="session")
def server():
    """The URL of a PostgreSQL server; the test skips without one."""
    with running_server() as url:
        yield url


@pytest.fixture
def tmp_path(tmp_path):
    """A folder in memory, where possible: each commit flushes the file."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    folder = Path(tempfile.mkdtemp(prefix="study-", dir=memory))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "journal", "postgresql"])
def storage(request, tmp_path):
    """The value of --storage; None is the SQLite file."""
    if request.param == "sqlite":
        return None
    if request.param == "journal":
        return str(tmp_path / "study.log")
    return request.getfixturevalue("server")


@pytest.fixture(params=["sqlite", "journal"])
def file_storage(request, tmp_path):
    """The value of --storage where it is a file."""
    return None if request.param == "sqlite" else str(tmp_path / "study.log")
