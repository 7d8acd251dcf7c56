"""The processes that train together. This module imports no TensorFlow."""

from __future__ import annotations

import dataclasses
import json
import os
import socket
import time
from collections.abc import Callable

GUIDE = "see docs/guides/many_devices.md"


@dataclasses.dataclass(frozen=True)
class Cluster:
    """The processes that train together.

    Args:
        addresses: "host:port" of each process; empty for a single process.
        index: Index of this process; process 0 is the chief, which writes.
    """

    addresses: tuple[str, ...] = ()
    index: int = 0

    @property
    def size(self) -> int:
        """Number of processes."""
        return max(1, len(self.addresses))

    @property
    def chief(self) -> bool:
        """Whether this process writes files."""
        return self.index == 0

    @classmethod
    def from_environment(cls, strategy: str) -> Cluster:
        """Read `TF_CONFIG` for the strategy "multi_worker".

        Args:
            strategy: Name of the strategy.

        Raises:
            ValueError: If `TF_CONFIG` is missing or invalid.
        """
        if strategy != "multi_worker":
            return cls()
        text = os.environ.get("TF_CONFIG")
        if not text:
            raise ValueError(
                "`strategy=multi_worker` requires the environment variable "
                f"TF_CONFIG with the addresses of all machines; {GUIDE}."
            )
        try:
            return cls._parse(text)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(
                "TF_CONFIG must contain 'cluster' with the addresses of "
                "'worker' (and of a 'chief'), and 'task' with the 'type' and "
                f"'index' of this process ({type(error).__name__}: {error}); "
                f"{GUIDE}. Received: TF_CONFIG={text}"
            ) from error

    @classmethod
    def _parse(cls, text: str) -> Cluster:
        config = json.loads(text)
        machines, task = config["cluster"], config["task"]
        addresses = {
            (name, i): address
            for name in ("chief", "worker")
            for i, address in enumerate(machines.get(name, ()))
        }
        for address in addresses.values():
            _host_and_port(address)
        key = (task["type"], int(task["index"]))
        return cls(tuple(addresses.values()), list(addresses).index(key))

    def wait_for_all(
        self, seconds: float, check: Callable[[], object] = lambda: None
    ) -> None:
        """Wait until all processes run.

        TensorFlow would wait indefinitely for a missing process, outside
        Python, where neither exceptions nor signals reach it.

        Args:
            seconds: How long to wait.
            check: Called while waiting; it may raise.

        Raises:
            ValueError: If a process does not answer in time.
        """
        others = [a for i, a in enumerate(self.addresses) if i != self.index]
        if not others:
            return
        own_address = self.addresses[self.index]
        deadline = time.monotonic() + seconds
        try:
            server = socket.create_server(("", _host_and_port(own_address)[1]))
        except OSError as error:
            raise ValueError(
                f"The port of {own_address}, the address of this process in "
                f"TF_CONFIG, is in use ({error.strerror}). Check that no "
                "other process has the same index."
            ) from error
        with server:
            for address in others:
                _wait_for_answer(address, deadline, seconds, check)


def _host_and_port(address: str) -> tuple[str, int]:
    host, port = address.rsplit(":", 1)
    return host, int(port)


def _wait_for_answer(
    address: str,
    deadline: float,
    seconds: float,
    check: Callable[[], object],
) -> None:
    while True:
        check()
        try:
            socket.create_connection(_host_and_port(address), 1).close()
            return
        except OSError as error:
            if time.monotonic() > deadline:
                raise ValueError(
                    f"{address} of TF_CONFIG did not answer within {seconds} "
                    f"s ({error}). Start all processes, or increase "
                    "`wait_for_machines`."
                ) from error
            time.sleep(0.2)
