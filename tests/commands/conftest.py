"""A finished run that several suites look at."""

import pytest

from tests.commands.runs import run


@pytest.fixture(scope="session")
def done(tmp_path_factory):
    """A finished run of SEAL."""
    workdir = tmp_path_factory.mktemp("run") / "seal"
    assert run(workdir, "--ascent_scale=0.1") == 0
    return workdir
