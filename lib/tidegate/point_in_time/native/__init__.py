"""The point-in-time join in native code: arrays of one bucket's rows and labels, inside a Spark task."""
