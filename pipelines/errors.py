"""What is wrong with somebody's data, in one line."""


class DataError(ValueError):
    """Data that cannot be used as it is.

    The message names the file or folder, what was found there and what would
    do; commands print it alone and exit with 2.
    """
