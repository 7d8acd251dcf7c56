"""Which of several processes this one is. Imports no TensorFlow."""

from __future__ import annotations

import dataclasses
import json
import os

GUIDE = "see docs/guides/many_devices.md"


@dataclasses.dataclass(frozen=True)
class Cluster:
    """The processes that train together.

    Args:
        size: So many.
        place: Which of them this one is; 0 is the chief, who writes.
    """

    size: int = 1
    place: int = 0

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
            order = [
                (name, i)
                for name in ("chief", "worker")
                for i in range(len(machines.get(name, ())))
            ]
            return cls(len(order), order.index((kind, index)))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(
                f"TF_CONFIG={text}: 'cluster' with the addresses of 'worker' "
                "(and of a 'chief') and 'task' with this one's 'type' and "
                f"'index' are needed ({type(error).__name__}: {error}); "
                f"{GUIDE}."
            ) from error
