"""Quarantine: rows that were held back, as they were received, with the reasons."""
