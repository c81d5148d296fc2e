"""Feature groups: definition, the write contract, reading."""
