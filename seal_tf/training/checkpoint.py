"""States of a run in files that are whole or not there."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import re
import warnings
import zipfile
import zlib
from pathlib import Path

import numpy as np

from seal_tf.files import replaced
from seal_tf.schedules.easing import Easing
from seal_tf.schedules.forgetting import Look
from seal_tf.training.state import State

_NAME = re.compile(r"epoch_(\d{6,})(?:_step_(\d{6,}))?\.npz")


class Checkpoints:
    """The checkpoints of one run, in a folder.

    Each is an `.npz` without pickle: written beside, flushed to the disk and
    renamed; a CRC-32 of every array and of the head is compared as it is
    read.

    Args:
        folder: The folder; made as the first is saved.
        keep: So many are kept, the latest, beside the milestones.
    """

    def __init__(self, folder, keep: int = 2):
        self.folder = Path(folder)
        self._keep = keep

    def save(self, state: State, milestones=()) -> Path:
        """Writes a state, then drops those that are no longer wanted.

        Args:
            state: The `State`.
            milestones: Epochs whose beginnings are kept for good.

        Raises:
            OSError: it cannot be written; those before are untouched.
        """
        path = self.folder / _name(*state.position)
        write(path, state)
        files = self._files()
        for position in sorted(files)[: -self._keep]:
            epoch, step = position
            if position < state.position and (step or epoch not in milestones):
                with contextlib.suppress(OSError):  # one more is no harm
                    files[position].unlink()
        return path

    def newest(self, not_after=None) -> State | None:
        """The latest state that can be read; None where none was written.

        A damaged one is set aside as `….damaged`, with a warning that names
        it, and the one before is taken.

        Args:
            not_after: (epoch, step); later ones are passed over.

        Raises:
            ValueError: all are damaged; they are left where they are.
            OSError: one cannot be opened or read.
        """
        files = self._files()
        wanted = sorted(
            (p for p in files if not_after is None or p <= not_after),
            reverse=True,
        )
        damaged = {}
        for position in wanted:
            file = files[position]
            try:
                state = read(file)
            except ValueError as error:
                damaged[file] = str(error)
                continue
            for bad, why in damaged.items():
                aside = bad.with_name(bad.name + ".damaged")
                bad.replace(aside)
                warnings.warn(
                    f"{why} It is set aside as {aside.name}, and the run "
                    "goes on from the one before.",
                    RuntimeWarning,
                    stacklevel=2,
                )
            return state
        if damaged:
            raise ValueError(
                f"{next(iter(damaged.values()))} No checkpoint in "
                f"{self.folder} is whole: delete the folder to train anew."
            )
        return None

    def forget_after(self, position: tuple[int, int]) -> None:
        """Deletes the checkpoints of later positions."""
        for other, file in sorted(self._files().items(), reverse=True):
            if other > position:
                file.unlink(missing_ok=True)

    def _files(self) -> dict[tuple[int, int], Path]:
        found = {}
        for path in self.folder.glob("epoch_*.npz"):
            if named := _NAME.fullmatch(path.name):
                found[int(named[1]), int(named[2] or 0)] = path
        return found


def _name(epoch, step):
    within = f"_step_{step:06d}" if step else ""
    return f"epoch_{epoch:06d}{within}.npz"


def write(path, state: State) -> None:
    """Writes a state to one file; whole, or not at all."""
    with replaced(path) as file:
        pack(state, file)


def pack(state: State, file) -> None:
    """Writes a state to a file that is open."""
    about = {
        "epoch": state.epoch,
        "step": state.step,
        "since_reset": state.since_reset,
        "past": state.past,
        "eased": [dataclasses.asdict(easing) for easing in state.eased],
        "looks": [dataclasses.asdict(look) for look in state.looks],
        "extra": state.extra,
        "kinds": {kind: len(found) for kind, found in state.arrays.items()},
    }
    head = json.dumps(about).encode()
    arrays = {
        f"{kind}_{i:05d}": _plain(array)
        for kind, found in state.arrays.items()
        for i, array in enumerate(found)
    }
    arrays["head"] = np.frombuffer(head, np.uint8)
    arrays["head_crc32"] = np.uint32(zlib.crc32(head))
    np.savez(file, **arrays)


def read(path) -> State:
    """Reads a state.

    Args:
        path: Its file, or one that is open.

    Raises:
        ValueError: the file is damaged; it is named.
        OSError: it cannot be opened or read, which says nothing of it.
    """
    data = io.BytesIO(path.read() if hasattr(path, "read") else _bytes(path))
    try:
        if not zipfile.is_zipfile(data):
            raise ValueError("no .npz file")
        data.seek(0)
        with np.load(data, allow_pickle=False) as file:
            arrays = dict(file)
        head = arrays.pop("head").tobytes()
        if zlib.crc32(head) != arrays.pop("head_crc32"):
            raise ValueError("its head has another checksum")
        head = json.loads(head)
        kinds = head.pop("kinds")
        head["eased"] = tuple(Easing(**e) for e in head["eased"])
        # Older files know no looks.
        head["looks"] = tuple(Look(**k) for k in head.get("looks", ()))
        return State(
            **head,
            arrays={
                kind: [arrays[f"{kind}_{i:05d}"] for i in range(count)]
                for kind, count in kinds.items()
            },
        )
    except (
        zipfile.BadZipFile,
        EOFError,
        KeyError,
        NotImplementedError,
        TypeError,
        ValueError,
        zlib.error,
    ) as error:
        raise ValueError(f"{path}: damaged checkpoint ({error}).") from error


def _bytes(path):
    return Path(path).read_bytes()


def _plain(array):
    """bfloat16 and float8 as integers: NumPy's format has no name for them."""
    array = np.asarray(array)
    if array.dtype.kind == "V":
        return array.view(f"u{array.dtype.itemsize}")
    return array
