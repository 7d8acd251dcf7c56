"""The command that writes a report of runs and probe results."""
