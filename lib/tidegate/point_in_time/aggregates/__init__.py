"""Aggregates at label time: counts, sums, extremes and last values of the rows that were known and lie in a window."""
