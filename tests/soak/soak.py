"""Kill the training command at random moments, and compare the results.

  python tests/soak/soak.py --kills=20 --out=docs/results/soak.json -- \
      --dataset=digits --arch=small --method=seal+snapshots …

The words after `--` are flags of seal_tf.train. One run is not interrupted.
The other is killed (SIGKILL) several times, each time at a random moment
after training has started, and the same command resumes it. Weights,
optimizer, metrics.jsonl (without the times) and snapshots must be equal, bit
for bit. Run it by hand: it takes minutes to hours.

With `--machines=3` each run has three processes on loopback. A random process
is killed, the others must end by themselves, and all start again.
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
    flags.DEFINE_integer("kills", 20, "number of kills", flag_values=values)
    flags.DEFINE_integer(
        "seed", 0, "seed of the random moments", flag_values=values
    )
    flags.DEFINE_float(
        "longest", 12.0, "longest time before a kill, s", flag_values=values
    )
    flags.DEFINE_integer(
        "machines", 1, "number of processes", flag_values=values
    )
    flags.DEFINE_string("out", None, "JSON file", flag_values=values)
    separator = argv.index("--")
    values(["soak", *argv[:separator]])
    words = [*argv[separator + 1 :], "--deterministic", "--progress=lines"]
    generator = random.Random(values.seed)
    with tempfile.TemporaryDirectory() as folder:
        whole, resumed = Path(folder, "whole"), Path(folder, "resumed")
        start = time.monotonic()
        _wait(_start(words, whole, values.machines))
        seconds = time.monotonic() - start
        killed, longest_end = [], 0.0
        while len(killed) < values.kills:
            processes = _start(words, resumed, values.machines)
            if not _trains(processes[0]):
                _wait(processes)
                break
            time.sleep(generator.uniform(0, values.longest))
            victim = generator.choice(processes)
            victim.kill()
            start = time.monotonic()
            _wait(processes)
            longest_end = max(longest_end, time.monotonic() - start)
            if victim.returncode != -9:
                break
            killed.append(_newest_checkpoint(resumed))
            print(f"kill {len(killed)}: newest is {killed[-1]}", flush=True)
        codes = _wait(_start(words, resumed, values.machines))
        differences = _differences(whole, resumed)
        result = {
            "command": "python -m seal_tf.train " + " ".join(words),
            "kills": len(killed),
            "newest_checkpoint_at_each_kill": killed,
            "machines": values.machines,
            "seconds_until_all_had_ended_at_most": round(longest_end, 1),
            "exit_codes_of_the_last": codes,
            "differences": differences,
            "seconds_undisturbed": round(seconds, 1),
            "machine": f"{platform.machine()}, {os.cpu_count()} cores",
            "python": platform.python_version(),
            "keras": keras.__version__,
        }
        if differences:
            copies = Path(tempfile.mkdtemp(prefix="soak."))
            shutil.copytree(folder, copies / "runs")
            print(f"both runs are in {copies}")
    text = json.dumps(result, indent=1)
    print(text)
    if values.out:
        Path(values.out).write_text(text + "\n")
    return bool(differences or any(codes))


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


def _wait(processes):
    """Wait for all processes; return their exit codes."""
    for process in processes:
        process.communicate(timeout=3600)
    return [process.returncode for process in processes]


def _trains(process):
    """Wait until a process trains; return False if it ends before."""
    return any(line.startswith("epoch ") for line in process.stdout)


def _newest_checkpoint(workdir):
    names = sorted(p.name for p in workdir.glob("checkpoints/*.npz"))
    return names[-1] if names else None


def _differences(whole, resumed):
    differences = []
    lines = [
        [json.loads(x) for x in (w / "metrics.jsonl").read_text().splitlines()]
        for w in (whole, resumed)
    ]
    if len(lines[0]) != len(lines[1]):
        differences.append(f"epochs: {len(lines[0])} and {len(lines[1])}")
    for a, b in zip(*lines, strict=False):
        keys = [k for k in a if k not in TIMES and a[k] != b.get(k)]
        differences += [f"epoch {a['epoch']}: {key}" for key in keys]
    name = _newest_checkpoint(whole)
    arrays = [np.load(w / "checkpoints" / name) for w in (whole, resumed)]
    for key in arrays[0].files:
        if not np.array_equal(arrays[0][key], arrays[1][key]):
            differences.append(f"{name}: {key}")
    for file in sorted(whole.rglob("*.keras")):
        other = resumed / file.relative_to(whole)
        weights, other_weights = (
            keras.saving.load_model(f, compile=False).get_weights()
            for f in (file, other)
        )
        if not all(map(np.array_equal, weights, other_weights)):
            differences.append(str(file.relative_to(whole)))
    return differences


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
