"""A user's .keras file."""

from __future__ import annotations

import keras


def load_keras(path, flag: str):
    """Loads a model, uncompiled; nothing in the file is run.

    Args:
        path: The file.
        flag: What the user gave it by, for the message.

    Raises:
        ValueError: it is not there, or is no such model.
    """
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise ValueError(
            f"{flag}={path}: not a Keras model that can be loaded ({first})"
        ) from error
