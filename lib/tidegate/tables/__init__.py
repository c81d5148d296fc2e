"""Delta tables of the store: where they lie, and how they are created, read at a version, changed and removed.

The only importer of `delta`. `internals` alone calls private classes of Delta and Spark; `commits` and `delta_log` choose between
these calls and the public ways beside them.
"""
