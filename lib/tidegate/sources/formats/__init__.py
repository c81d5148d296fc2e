"""The formats that a source's files can have: `declared` has what a user writes, and each reader is a file of its own."""
