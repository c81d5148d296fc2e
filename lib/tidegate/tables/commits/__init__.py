"""How a commit is made: alone under a lock, repeated after a conflict, with a token and a note.

`few_rows` and `file_commit` make commits by Delta's private classes, several times faster than its public ones.
"""
