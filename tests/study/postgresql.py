"""A PostgreSQL server for tests, in a temporary folder."""

import contextlib
import getpass
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

#: Durability costs time and matters to no test.
_OPTIONS = "-c listen_addresses='' -c fsync=off -c full_page_writes=off"


def _programs():
    """Return the folder of `initdb` and `pg_ctl`, or None."""
    folders = []
    if path := shutil.which("initdb"):
        folders.append(Path(path).resolve().parent)
    if config := shutil.which("pg_config"):
        folder = subprocess.run(
            [config, "--bindir"], capture_output=True, text=True, check=True
        )
        folders.append(Path(folder.stdout.strip()))
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    return None


def _account():
    """Return the account of the server: it refuses to run as root."""
    if os.geteuid():
        return None
    return pwd.getpwnam("postgres")


@contextlib.contextmanager
def running_server():
    """Start a server, yield the URL of its database, and stop it.

    It listens on a socket in its folder. The test skips without PostgreSQL.
    """
    programs = _programs()
    if programs is None:
        pytest.skip("no PostgreSQL server (initdb, pg_ctl) is installed")
    if importlib.util.find_spec("psycopg") is None:
        pytest.skip("no psycopg is installed: pip install '.[postgresql]'")
    try:
        account = _account()
    except KeyError:
        pytest.skip("PostgreSQL does not run as root, and no user is postgres")
    # A socket's path has at most 107 bytes, so not pytest's folder.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    options = {"check": True, "stdout": subprocess.DEVNULL, "cwd": "/"}
    if account is not None:
        os.chown(folder, account.pw_uid, account.pw_gid)
        options |= {
            "user": account.pw_uid,
            "group": account.pw_gid,
            "extra_groups": [],
        }
    data, log = folder / "data", folder / "log"
    user = getpass.getuser() if account is None else account.pw_name
    control = [programs / "pg_ctl", "-D", data, "-w"]
    try:
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", user, "--no-sync"]
            + ["-A", "trust", "-E", "UTF8", "--no-locale", "--no-instructions"],
            **options,
        )
        subprocess.run(
            [*control, "-l", log, "-o", f"{_OPTIONS} -k {folder}", "start"],
            **options,
        )
        try:
            yield f"postgresql://{user}@/postgres?host={folder}"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], **options)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
