"""The search for S, the size of an ascent step."""
