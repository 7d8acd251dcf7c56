"""Few-shot probe: n-way k-shot episodes on the features of one tap."""
