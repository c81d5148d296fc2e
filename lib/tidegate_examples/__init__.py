"""Example systems on real data, written as a user's own package would be."""
