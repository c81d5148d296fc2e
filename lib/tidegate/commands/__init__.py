"""One module per command: it parses options, loads the configuration, starts Spark, runs one pipeline and prints the result."""
