"""Downloads or takes what a data set is made from, and prepares it."""

from __future__ import annotations

from pathlib import Path

from pipelines import archives
from pipelines.errors import DataError
from pipelines.sources.prepared import builder, is_prepared

#: What one file of an official archive may unpack to.
LARGEST = 2**30


def needed(made, data_set) -> list[tuple[str, str, int | None, str | None]]:
    """(file, url, size, SHA-256) of what a data set is made from."""
    ours = {a.name: a for a in getattr(type(made), "archives", ())}
    if ours:
        return [(a.name, a.url, a.size, None) for a in ours.values()]
    found = []
    for name in data_set.archives:
        # The newest entry of that name: lists keep addresses that moved.
        entries = [
            (url, info)
            for url, info in made.url_infos.items()
            if info.filename == name
        ]
        known = [e for e in entries if "drive.google" not in e[0]] or entries
        url, info = known[0]
        found.append((name, url, info.size, info.checksum))
    return found


def describe(made, data_set, archive_dir) -> str:
    """What is needed, from where, under which name and licence."""
    lines = [
        data_set.title,
        f"licence: {data_set.licence}",
        f"homepage: {data_set.homepage}",
    ]
    for name, url, size, checksum in needed(made, data_set):
        here = (Path(archive_dir) / name).exists()
        lines.append(
            f"  {name}, "
            + (
                f"{size:,} bytes"
                if checksum
                else f"about {(size or 0) / 1e6:,.0f} MB"
            )
            + f", from {url}, "
            + (f"SHA-256 {checksum}" if checksum else "no checksum published")
            + (": is there" if here else "")
        )
    return "\n".join(lines)


def prepare(data_set, data_dir, archive_dir) -> Path:
    """Prepares a data set with TFDS; a second call finds it done.

    Archives that lie in `archive_dir` under their names are taken, others
    are downloaded there. TFDS writes beside and renames: what is cut off
    leaves nothing that looks finished, and files that have arrived are not
    fetched again.

    Args:
        data_set: Of the registry.
        data_dir: Where it is put.
        archive_dir: Where its archives are.

    Returns:
        The folder of the prepared data.

    Raises:
        DataError: an archive is refused, broken or cannot be fetched.
    """
    import tensorflow_datasets as tfds

    made = builder(data_dir, data_set)
    if is_prepared(Path(data_dir), data_set):
        return Path(made.data_dir)
    archive_dir = Path(archive_dir)
    wanted = needed(made, data_set)
    here = {
        n: archive_dir / n for n, *_ in wanted if (archive_dir / n).exists()
    }
    for name, path in here.items():
        _check(path, {n: (s, c) for n, _, s, c in wanted}[name])
    if hasattr(made, "here"):
        made.here = here
    archive_dir.mkdir(parents=True, exist_ok=True)
    config = tfds.download.DownloadConfig(manual_dir=archive_dir)
    missing = [w for w in wanted if w[0] not in here]
    try:
        made.download_and_prepare(
            download_dir=archive_dir / "downloads", download_config=config
        )
    except DataError:
        raise
    except Exception as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        if isinstance(error, OSError) and error.errno is not None:
            raise
        if not missing:
            raise DataError(
                f"{data_set.name} could not be prepared from {archive_dir}: "
                f"{first}"
            ) from error
        raise DataError(
            f"{data_set.name}: cannot be fetched ({first}); put "
            + " and ".join(f"{name} from {url}" for name, url, *_ in missing)
            + f" into {archive_dir} and run this again."
        ) from error
    return Path(made.data_dir)


def _check(path, expected):
    size, checksum = expected
    if checksum is not None:
        import hashlib

        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != checksum:
            raise DataError(
                f"{path}: broken or another file: its SHA-256 is {found}, "
                f"where {checksum} ({size:,} bytes) is published; fetch it "
                "again."
            )
    if path.suffix in (".zip", ".tar", ".tgz", ".gz"):
        archives.members(path, LARGEST)
