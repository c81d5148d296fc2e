"""The Delta tables of a store: their paths, and how they are created, read at a version, changed and removed.

Only this package imports `delta`. Only `internals` calls private classes of Delta and Spark. `commits` and `delta_log` choose
between these calls and Delta's public commands.
"""
