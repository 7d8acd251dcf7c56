"""The base class of callbacks for one method."""

from __future__ import annotations

import inspect
from typing import Any

from seal_tf.callbacks.generation import GenerationCallback
from seal_tf.schedules.serialization import to_config


class MethodCallback(GenerationCallback):
    """Base class of callbacks whose arguments are settings of one schedule."""

    def get_config(self) -> dict[str, Any]:
        """Return the arguments as JSON values, without `probe_data`."""
        parameters = dict(inspect.signature(type(self)).parameters)
        if "settings" in parameters:
            schedule = inspect.signature(type(self.schedule)).parameters
            parameters = {**parameters, **schedule}
        (settings,) = to_config(self.schedule)
        values = settings | self._folders
        return {name: values[name] for name in parameters if name in values}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> GenerationCallback:
        """Return the callback of a config from `get_config`."""
        return cls(**config)
