"""The command that probes networks."""
