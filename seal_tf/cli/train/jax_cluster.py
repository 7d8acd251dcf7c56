"""The processes that train together on JAX. This module does not import it."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import socket
import time
from collections.abc import Callable, Iterator

from seal_tf.cli.train.cluster import GUIDE

ADDRESS, SIZE, INDEX = VARIABLES = (
    "JAX_COORDINATOR_ADDRESS",
    "JAX_NUM_PROCESSES",
    "JAX_PROCESS_ID",
)
#: The answer of the first process when all have come.
_COMPLETE = b"complete"


@dataclasses.dataclass(frozen=True)
class JaxCluster:
    """The processes that train together with `jax.distributed`.

    Args:
        address: "host:port" of the first process, where JAX's coordinator
            listens; empty for a single process.
        size: Number of processes.
        index: Index of this process; process 0 is the chief, which writes.
    """

    address: str = ""
    size: int = 1
    index: int = 0

    @property
    def chief(self) -> bool:
        """Whether this process writes files."""
        return self.index == 0

    @classmethod
    def from_environment(cls) -> JaxCluster:
        """Read the environment variables; without any, a single process.

        Raises:
            ValueError: If one is missing or invalid.
        """
        received = {name: os.environ.get(name, "") for name in VARIABLES}
        if not any(received.values()):
            return cls()
        try:
            cluster = cls(
                received[ADDRESS], int(received[SIZE]), int(received[INDEX])
            )
            if not cluster._host or not 0 <= cluster.index < cluster.size:
                raise ValueError
            int(cluster._port)
        except ValueError as error:
            values = " ".join(f"{k}={v}" for k, v in received.items())
            raise ValueError(
                f"`strategy=data_parallel` on several machines requires "
                f"{ADDRESS}, host:port of the first process; {SIZE}; and "
                f"{INDEX}, from 0 to {SIZE} - 1; {GUIDE}. Received: {values}"
            ) from error
        return cluster if cluster.size > 1 else cls()

    @property
    def _host(self) -> str:
        return self.address.rpartition(":")[0]

    @property
    def _port(self) -> str:
        return self.address.rpartition(":")[2]

    def wait_for_all(
        self, seconds: float, check: Callable[[], object] = lambda: None
    ) -> None:
        """Wait until all processes run.

        JAX would wait outside Python, where no signal reaches it, and abort
        the process in the end.

        Args:
            seconds: How long to wait.
            check: Called while waiting; it may raise.

        Raises:
            ValueError: If a process does not come in time, or two have the
                same index.
        """
        if self.size == 1:
            return
        deadline = time.monotonic() + seconds

        def ticks() -> Iterator[float]:
            """Yield how long one attempt may take, until the deadline."""
            while (remaining := deadline - time.monotonic()) > 0:
                check()
                yield min(remaining, 1.0)

        missing = self._gather(ticks()) if self.chief else self._report(ticks())
        if missing:
            raise ValueError(
                f"{missing} did not answer within {seconds} s at "
                f"{self.address} of {ADDRESS}. Start all {self.size} "
                "processes, or increase `wait_for_machines`."
            )

    def _gather(self, ticks: Iterator[float]) -> str:
        """Wait for all others; return who is missing at the end."""
        try:
            server = socket.create_server(("", int(self._port)))
        except OSError as error:
            raise ValueError(
                f"The port of {self.address}, in {ADDRESS}, is in use "
                f"({error.strerror}). Check that no other process has the "
                "index 0."
            ) from error
        connections: dict[int, socket.socket] = {}
        with contextlib.ExitStack() as stack:
            with server:
                for seconds in ticks:
                    server.settimeout(seconds)
                    with contextlib.suppress(OSError):
                        connection = stack.enter_context(server.accept()[0])
                        index = _read_index(connection)
                        if 0 < index < self.size:
                            connections[index] = connection
                        else:
                            # A process of this cluster connects again.
                            connection.close()
                    if len(connections) == self.size - 1:
                        break
                else:
                    missing = set(range(1, self.size)) - set(connections)
                    return f"process {', '.join(map(str, sorted(missing)))}"
            # JAX's coordinator takes the port, which is free now.
            for connection in connections.values():
                with contextlib.suppress(OSError):
                    connection.sendall(_COMPLETE)
        return ""

    def _report(self, ticks: Iterator[float]) -> str:
        """Report to the first process; return it if it does not answer."""
        connection: socket.socket | None = None
        with contextlib.ExitStack() as stack:
            for seconds in ticks:
                try:
                    if connection is None:
                        connection = stack.enter_context(
                            socket.create_connection(
                                (self._host, int(self._port)), seconds
                            )
                        )
                        connection.sendall(b"%d" % self.index)
                    connection.settimeout(seconds)
                    if connection.recv(16) == _COMPLETE:
                        return ""
                    connection = None
                except TimeoutError:
                    continue
                except OSError:
                    connection = None
                time.sleep(min(seconds, 0.2))
        return "process 0"


def _read_index(connection: socket.socket) -> int:
    """Return the index that a process sent; 0 if it sent none in time."""
    connection.settimeout(1)
    try:
        return int(connection.recv(16))
    except (OSError, ValueError):
        return 0
