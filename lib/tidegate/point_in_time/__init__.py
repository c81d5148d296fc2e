"""The point-in-time join: for every label row, the feature values that were known at its time."""
