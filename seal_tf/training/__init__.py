"""What obeys a plan: layer groups, the step, the optimizer, events."""
