"""The map of tables with personal data, and the list of erased subjects; no erasing here."""
