"""Kills the real command at random moments, and compares what it ends with.

  python tests/soak/soak.py --kills=20 --out=docs/results/soak.json -- \
      --dataset=digits --arch=small --method=seal+snapshots …

The words after `--` are flags of seal_tf.train. One run is left alone; the
other is killed (SIGKILL) so many times, each time at a random moment after it
began to train, and started again by the same command. Weights, optimizer,
metrics.jsonl (but for the times) and snapshots have to be equal, bit for bit.
By hand: it takes minutes to hours.

With `--machines=3` each run is three processes on loopback; one of them, by
chance, is killed, the others have to end by themselves, and all are started
again.
"""

from __future__ import annotations

import json
import os
import platform
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import keras
import numpy as np
from absl import flags

TIMES = {"seconds", "images_per_second"}


def main(argv):
    values = flags.FlagValues()
    flags.DEFINE_integer("kills", 20, "so many", flag_values=values)
    flags.DEFINE_integer("seed", 0, "of the moments", flag_values=values)
    flags.DEFINE_float("longest", 12.0, "seconds", flag_values=values)
    flags.DEFINE_integer("machines", 1, "so many", flag_values=values)
    flags.DEFINE_string("out", None, "JSON file", flag_values=values)
    at = argv.index("--")
    values(["soak", *argv[:at]])
    words = [*argv[at + 1 :], "--deterministic", "--progress=lines"]
    chance = random.Random(values.seed)
    with tempfile.TemporaryDirectory() as folder:
        whole, cut = Path(folder, "whole"), Path(folder, "cut")
        began = time.monotonic()
        _ends(_start(words, whole, values.machines))
        seconds = time.monotonic() - began
        killed, longest_end = [], 0.0
        while len(killed) < values.kills:
            processes = _start(words, cut, values.machines)
            if not _trains(processes[0]):
                _ends(processes)
                break
            time.sleep(chance.uniform(0, values.longest))
            victim = chance.choice(processes)
            victim.kill()
            began = time.monotonic()
            _ends(processes)
            longest_end = max(longest_end, time.monotonic() - began)
            if victim.returncode != -9:
                break
            killed.append(_position(cut))
            print(f"kill {len(killed)}: newest is {killed[-1]}", flush=True)
        codes = _ends(_start(words, cut, values.machines))
        differ = _differences(whole, cut)
        result = {
            "command": "python -m seal_tf.train " + " ".join(words),
            "kills": len(killed),
            "newest_checkpoint_at_each_kill": killed,
            "machines": values.machines,
            "seconds_until_all_had_ended_at_most": round(longest_end, 1),
            "exit_codes_of_the_last": codes,
            "differences": differ,
            "seconds_undisturbed": round(seconds, 1),
            "machine": f"{platform.machine()}, {os.cpu_count()} cores",
            "python": platform.python_version(),
            "keras": keras.__version__,
        }
        if differ:
            kept = Path(tempfile.mkdtemp(prefix="soak."))
            shutil.copytree(folder, kept / "runs")
            print(f"both runs are in {kept}")
    text = json.dumps(result, indent=1)
    print(text)
    if values.out:
        Path(values.out).write_text(text + "\n")
    return bool(differ or any(codes))


def _start(words, workdir, machines):
    command = [
        *(sys.executable, "-u", "-m", "seal_tf.train"),
        *words,
        f"--workdir={workdir}",
    ]
    if machines > 1:
        command.append("--strategy=multi_worker")
    addresses = [f"127.0.0.1:{port}" for port in _ports(machines)]
    return [
        subprocess.Popen(
            command,
            env=os.environ | {"TF_CONFIG": _config(addresses, i)},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for i in range(machines)
    ]


def _ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def _config(addresses, index):
    if len(addresses) == 1:
        return ""
    return json.dumps(
        {
            "cluster": {"worker": addresses},
            "task": {"type": "worker", "index": index},
        }
    )


def _ends(processes):
    """Waits for all; their exit codes."""
    for process in processes:
        process.communicate(timeout=3600)
    return [process.returncode for process in processes]


def _trains(process):
    """Waits until it trains; False where it has ended before."""
    return any(line.startswith("epoch ") for line in process.stdout)


def _position(workdir):
    found = sorted(p.name for p in workdir.glob("checkpoints/*.npz"))
    return found[-1] if found else None


def _differences(whole, cut):
    found = []
    lines = [
        [json.loads(x) for x in (w / "metrics.jsonl").read_text().splitlines()]
        for w in (whole, cut)
    ]
    if len(lines[0]) != len(lines[1]):
        found.append(f"epochs: {len(lines[0])} and {len(lines[1])}")
    for a, b in zip(*lines, strict=False):
        keys = [k for k in a if k not in TIMES and a[k] != b.get(k)]
        found += [f"epoch {a['epoch']}: {key}" for key in keys]
    name = _position(whole)
    arrays = [np.load(w / "checkpoints" / name) for w in (whole, cut)]
    for key in arrays[0].files:
        if not np.array_equal(arrays[0][key], arrays[1][key]):
            found.append(f"{name}: {key}")
    for file in sorted(whole.rglob("*.keras")):
        other = cut / file.relative_to(whole)
        ours, theirs = (
            keras.saving.load_model(f, compile=False).get_weights()
            for f in (file, other)
        )
        if not all(map(np.array_equal, ours, theirs)):
            found.append(str(file.relative_to(whole)))
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
