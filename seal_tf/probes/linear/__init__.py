"""Linear probe: logistic regression on the features of one tap."""
