"""Prediction tables: what was predicted, for what, and what made it."""
