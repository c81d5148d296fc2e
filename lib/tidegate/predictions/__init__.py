"""Prediction tables: predictions with their entity, their time and their provenance."""
