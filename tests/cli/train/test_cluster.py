import json
import socket

import pytest

from seal_tf.cli.train.cluster import Cluster


def _config(kind, index):
    cluster = {"worker": ["b:2", "c:3"], "chief": ["a:1"]}
    return json.dumps(
        {"cluster": cluster, "task": {"type": kind, "index": index}}
    )


def test_from_environment_other_strategy_is_one_process(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", "nonsense")
    assert Cluster.from_environment("mirrored") == Cluster()
    assert Cluster().chief and Cluster().size == 1


def test_from_environment_without_tf_config_raises(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    with pytest.raises(ValueError, match="requires the environment variable"):
        Cluster.from_environment("multi_worker")


@pytest.mark.parametrize(
    ("kind", "index", "position"),
    [("chief", 0, 0), ("worker", 0, 1), ("worker", 1, 2)],
)
def test_from_environment_orders_chief_first(
    monkeypatch, kind, index, position
):
    monkeypatch.setenv("TF_CONFIG", _config(kind, index))
    cluster = Cluster.from_environment("multi_worker")
    assert cluster == Cluster(("a:1", "b:2", "c:3"), position)
    assert cluster.chief == (position == 0)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "{}",
        "[]",
        '{"cluster": {"worker": ["a"]}}',
        _config("worker", 2),
        _config("ps", 0),
    ],
)
def test_from_environment_invalid_tf_config_raises(monkeypatch, text):
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(ValueError, match="TF_CONFIG must contain 'cluster'"):
        Cluster.from_environment("multi_worker")


def _free_port():
    with socket.create_server(("localhost", 0)) as server:
        return server.getsockname()[1]


def test_wait_for_all_missing_process_raises_in_time():
    own, other = (f"localhost:{_free_port()}" for _ in range(2))
    with pytest.raises(ValueError, match=f"{other} of TF_CONFIG did not"):
        Cluster((own, other), 0).wait_for_all(0.1)


def test_wait_for_all_port_in_use_raises():
    with socket.create_server(("", 0)) as server:
        own = f"localhost:{server.getsockname()[1]}"
        with pytest.raises(ValueError, match="is in use"):
            Cluster((own, "localhost:1"), 0).wait_for_all(0.1)
