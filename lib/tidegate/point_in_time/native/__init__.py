"""The point-in-time join in native code: inside a Spark task, on arrays of one bucket's feature rows and labels."""
