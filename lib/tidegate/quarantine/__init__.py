"""Quarantine: tables of rows that the store did not accept, as it received them, with the reasons."""
