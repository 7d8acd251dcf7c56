"""Errors about data that cannot be used."""

from __future__ import annotations


class DataError(ValueError):
    """Data, or an argument about data, that cannot be used.

    The message is one line. It states the file, folder or argument, what was
    received, and what is accepted.
    """


class DataNotPreparedError(DataError):
    """A data set that TFDS has not prepared in `data_dir`.

    Args:
        message: The error message, one line.
        data_set_name: Name of the data set, one of
            `pipelines.DATA_SET_NAMES`.
        data_dir: Folder that was searched, or None if none was given.
    """

    def __init__(
        self, message: str, data_set_name: str, data_dir: str | None
    ) -> None:
        super().__init__(message)
        self.data_set_name = data_set_name
        self.data_dir = data_dir


class DataWarning(UserWarning):
    """Files of a data set that are not read.

    The message is one line. It states what is left out, how many files it
    is, and the first of them.
    """
