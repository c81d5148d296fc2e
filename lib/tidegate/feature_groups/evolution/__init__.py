"""A definition and its table: how they differ, and how the table gets what the definition added."""
