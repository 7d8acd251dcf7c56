"""Replicas and machines: the same trajectory at the same global batch."""

import json
import os
import signal
import socket
import subprocess
import sys
import time

import keras
import numpy as np
import pytest

from seal_tf.cli.cluster import Cluster
from tests import methods
from tests.commands.runs import TINY, epochs_of, refused, wait_for_epoch

#: People's own fit; every method is in the slow one.
QUICK = ["plain"]


def _replicas(*cases):
    done = subprocess.run(
        [sys.executable, "-m", "tests.training.replicas", *cases],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def _check(found):
    for case, differences in found.items():
        assert differences["weights"] < 1e-4, (case, differences)
        assert differences["logs"] < 1e-5, (case, differences)


def test_two_replicas_are_one_device():
    _check(_replicas(*QUICK))


@pytest.mark.slow
def test_every_method_on_two_replicas():
    _check(
        _replicas(*methods.ALL, "short last batch", "resumed", "plain", "norms")
    )


def test_every_image_of_a_batch_goes_to_one_replica():
    """None twice, none lost, the filling without weight."""
    import pipelines
    from pipelines.sharding import shards

    images = pipelines.read("digits", "train", classes=4, images_per_class=5)
    whole = pipelines.evaluation_batches(images, 6)
    shares = [list(shards(whole, 6, 3, first, 1)) for first in range(3)]
    together = list(shards(whole, 6, 3))
    seen = 0
    for step, (x, y) in enumerate(whole):
        parts = [share[step] for share in shares]
        for i, part in enumerate(parts):
            assert part[0].shape[0] == 2
            for a, b in zip(part, together[3 * step + i], strict=True):
                np.testing.assert_array_equal(a, b)
        weight = np.concatenate([p[2] for p in parts])
        assert weight.tolist() == [1] * len(x) + [0] * (6 - len(x))
        for found, wanted in ((0, x), (1, y)):
            joined = np.concatenate([p[found] for p in parts])
            np.testing.assert_array_equal(joined[weight == 1], wanted)
        seen += int(weight.sum())
    assert seen == len(images) == 20
    with pytest.raises(pipelines.DataError, match="give a multiple of 4"):
        shards(whole, 6, 4)


def test_keras_is_as_the_overrides_expect():
    """What `training.distribution` lends stands in for these."""
    import inspect

    from keras.src.backend.tensorflow import trainer

    said = (
        "Keras' TensorFlowTrainer has changed: compare it with "
        "seal_tf/training/distribution.py"
    )
    fit = inspect.getsource(trainer.TensorFlowTrainer.fit)
    for call in (
        "self._maybe_symbolic_build(iterator=epoch_iterator)",
        "self.make_train_function()",
        "logs = self.train_function(iterator)",
        "self._get_metrics_result_or_logs(logs)",
    ):
        assert call in fit, said
    evaluate = inspect.getsource(trainer.TensorFlowTrainer.evaluate)
    for call in ("self.make_test_function()", "self.test_function(iterator)"):
        assert call in evaluate, said
    build = inspect.getsource(trainer.TensorFlowTrainer._maybe_symbolic_build)
    assert "self._symbolic_build(data_batch=data_batch)" in build, said


# --- several machines


def _ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def _machines(count, workdir, *words):
    """One process a machine, on loopback."""
    addresses = [f"127.0.0.1:{port}" for port in _ports(count)]
    started = []
    for i in range(count):
        config = {
            "cluster": {"worker": addresses},
            "task": {"type": "worker", "index": i},
        }
        started.append(
            subprocess.Popen(
                [
                    *(sys.executable, "-u", "-m", "seal_tf.train"),
                    *TINY,
                    "--strategy=multi_worker",
                    "--progress=lines",
                    f"--workdir={workdir}",
                    *words,
                ],
                env=os.environ | {"TF_CONFIG": json.dumps(config)},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    return started


def _ended(processes, within):
    """(exit codes, what they said on standard error)."""
    until = time.monotonic() + within
    said = []
    for process in processes:
        try:
            left = max(1, until - time.monotonic())
            said.append(process.communicate(timeout=left)[1])
        except subprocess.TimeoutExpired:
            for other in processes:
                other.kill()
            pytest.fail(f"no end within {within} s: {process.communicate()}")
    return [p.returncode for p in processes], said


def _weights(workdir):
    return keras.saving.load_model(workdir / "model.keras").get_weights()


def _like(one, two, rel=1e-4):
    """To float tolerance: nets of ReLUs at a small rate."""
    for a, b in zip(epochs_of(one), epochs_of(two), strict=True):
        assert a["loss"] == pytest.approx(b["loss"], rel=rel)
        assert a["early_rate"] == b["early_rate"]
    for a, b in zip(_weights(one), _weights(two), strict=True):
        np.testing.assert_allclose(a, b, rtol=10 * rel, atol=rel)


#: Steps so small that a ReLU which another order of a sum switches stays so.
SMALL = (
    "--learning_rate=1e-4",
    "--ascent_scale=0.5",
    "--method=seal+snapshots",
)


def test_two_machines_train(tmp_path):
    """What comes of it is compared in the slow ones."""
    # Norms are measured by all of them, or nobody could.
    words = (*SMALL, "--batch_size=12", "--method=seal", "--norms_every=1")
    codes, said = _ended(_machines(2, tmp_path / "w", *words), within=300)
    assert codes == [0, 0], said
    assert [e["epoch"] for e in epochs_of(tmp_path / "w")] == [0, 1, 2, 3]
    assert (tmp_path / "w" / "export" / "card.json").exists()


@pytest.mark.slow
def test_two_machines_killed_and_started_again(tmp_path):
    """The other stops and says why; both again end like one process."""
    from seal_tf import train

    words = (*SMALL, "--epochs_per_generation=15", "--batch_size=12")
    one, two = tmp_path / "one", tmp_path / "two"
    assert train.main([*TINY, *words, f"--workdir={one}"]) == 0
    machines = _machines(2, two, *words)
    wait_for_epoch(machines[0], 16)
    machines[1].kill()
    codes, said = _ended(machines, within=90)
    assert codes == [2, -9]
    assert "another machine has stopped or cannot be reached" in said[0]
    assert "Traceback" not in said[0]
    codes, said = _ended(_machines(2, two, *words), within=400)
    assert codes == [0, 0], said
    _like(one, two)


@pytest.mark.slow
def test_three_machines_stop_together(tmp_path):
    """SIGTERM to one is one more checkpoint, and all of them end."""
    one, three = tmp_path / "one", tmp_path / "three"
    words = (*SMALL, "--epochs_per_generation=30", "--batch_size=12")
    from seal_tf import train

    assert train.main([*TINY, *words, f"--workdir={one}"]) == 0
    machines = _machines(3, three, *words)
    wait_for_epoch(machines[0], 34)
    machines[2].send_signal(signal.SIGTERM)
    codes, said = _ended(machines, within=60)
    assert codes == [143] * 3
    assert "the same command goes on" in said[0]
    codes, said = _ended(_machines(3, three, *words), within=400)
    assert codes == [0] * 3, said
    # Ascent blows rounding up, and 120 steps are many.
    _like(one, three, rel=2e-3)


def test_who_writes(monkeypatch):
    class Flags:
        strategy = "multi_worker"

    monkeypatch.delenv("TF_CONFIG", raising=False)
    with pytest.raises(ValueError, match="TF_CONFIG is not set"):
        Cluster.of(Flags)
    Flags.strategy = "none"
    assert Cluster.of(Flags) == Cluster()
    assert Cluster().chief
    Flags.strategy = "multi_worker"
    machines = {"chief": ["a:1"], "worker": ["b:2", "c:3"]}
    for kind, index, place in (("chief", 0, 0), ("worker", 1, 2)):
        config = {
            "cluster": machines,
            "task": {"type": kind, "index": index},
        }
        monkeypatch.setenv("TF_CONFIG", json.dumps(config))
        assert Cluster.of(Flags) == Cluster(("a:1", "b:2", "c:3"), place)
    for bad in ("{", "{}", '{"cluster": {"worker": ["a"]}}', "[]"):
        monkeypatch.setenv("TF_CONFIG", bad)
        with pytest.raises(ValueError, match="'task' with this one's"):
            Cluster.of(Flags)


def test_a_machine_that_does_not_come(monkeypatch):
    here, there = (f"127.0.0.1:{port}" for port in _ports(2))
    with pytest.raises(ValueError, match=f"{there} of TF_CONFIG did not"):
        Cluster((here, there), 0).meet(0.1)


@pytest.mark.parametrize(
    "words,message",
    [
        (["--jit_compile=true"], "forced it hangs"),
        (["--augment_on=device"], "a device sees its share"),
    ],
)
def test_what_does_not_go_together(words, message, tmp_path, capsys):
    line = refused(capsys, tmp_path / "w", "--strategy=mirrored", *words)
    assert message in line
