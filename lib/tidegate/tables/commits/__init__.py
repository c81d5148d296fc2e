"""Commits to Delta tables: under a lock, repeated after a conflict, with a token and a note.

`few_rows` and `file_commit` commit with Delta's private classes, which is several times faster than with its public commands.
"""
