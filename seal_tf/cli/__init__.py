"""The commands of seal_tf: flags, settings, and what only they need."""
