"""SQL conditions on rows: parsed when they are defined, and evaluated inside tasks where that gives exactly Spark's results."""
