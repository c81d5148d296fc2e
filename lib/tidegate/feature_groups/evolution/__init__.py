"""Compare the definition of a feature group with its table, and add to the table what the definition added."""
