"""What the commands share: flags, the work directory, errors in one line."""
