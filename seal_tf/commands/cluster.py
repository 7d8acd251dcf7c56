"""Which of several processes this one is. Imports no TensorFlow."""

from __future__ import annotations

import dataclasses
import json
import os
import socket
import time

GUIDE = "see docs/guides/many_devices.md"


@dataclasses.dataclass(frozen=True)
class Cluster:
    """The processes that train together.

    Args:
        addresses: Of each its "host:port"; empty where there is but one.
        place: Which of them this one is; 0 is the chief, who writes.
    """

    addresses: tuple[str, ...] = ()
    place: int = 0

    @property
    def size(self) -> int:
        return max(1, len(self.addresses))

    @property
    def chief(self) -> bool:
        return self.place == 0

    @classmethod
    def of(cls, flags) -> Cluster:
        """From `--strategy` and `TF_CONFIG`.

        Raises:
            ValueError: `TF_CONFIG` is missing, or cannot be understood.
        """
        if flags.strategy != "multi_worker":
            return cls()
        text = os.environ.get("TF_CONFIG")
        if not text:
            raise ValueError(
                "--strategy=multi_worker: TF_CONFIG is not set, so nobody "
                f"knows the other machines; {GUIDE}."
            )
        try:
            config = json.loads(text)
            machines = config["cluster"]
            kind, index = config["task"]["type"], int(config["task"]["index"])
            order = {
                (name, i): address
                for name in ("chief", "worker")
                for i, address in enumerate(machines.get(name, ()))
            }
            for address in order.values():
                _host_and_port(address)
            return cls(tuple(order.values()), list(order).index((kind, index)))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(
                f"TF_CONFIG={text}: 'cluster' with the addresses of 'worker' "
                "(and of a 'chief') and 'task' with this one's 'type' and "
                f"'index' are needed ({type(error).__name__}: {error}); "
                f"{GUIDE}."
            ) from error

    def meet(self, seconds: float) -> None:
        """Waits until all processes are there.

        TensorFlow would wait for ever for one that is not, outside Python,
        where neither exceptions nor signals reach it.

        Raises:
            ValueError: one does not answer within so many seconds.
        """
        others = [a for i, a in enumerate(self.addresses) if i != self.place]
        if not others:
            return
        here = self.addresses[self.place]
        until = time.monotonic() + seconds
        try:
            listening = socket.create_server(("", _host_and_port(here)[1]))
        except OSError as error:
            raise ValueError(
                f"{here} of TF_CONFIG is this process's, and its port is "
                f"taken ({error.strerror}): does another process have the "
                "same index?"
            ) from error
        with listening:
            for address in others:
                _answered(address, until, seconds)


def _host_and_port(address):
    host, port = address.rsplit(":", 1)
    return host, int(port)


def _answered(address, until, seconds):
    while True:
        try:
            socket.create_connection(_host_and_port(address), 1).close()
            return
        except OSError as error:
            if time.monotonic() > until:
                raise ValueError(
                    f"{address} of TF_CONFIG did not answer within {seconds} "
                    f"s ({error}): start all of its processes, or give more "
                    "--wait_for_machines."
                ) from error
            time.sleep(0.2)
