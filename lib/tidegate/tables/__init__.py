"""Delta tables of the store: where they lie, and how they are created, read at a version, changed and removed.

The only importer of `delta`. `commits` and `delta_log` hold what depends on the inside of Delta.
"""
