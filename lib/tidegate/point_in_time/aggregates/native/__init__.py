"""Aggregates in native code: inside a Spark task, on arrays of one bucket's rows and labels."""
