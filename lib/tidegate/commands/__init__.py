"""What the jobs and the `tidegate` command do: parse, load the configuration, start Spark, run one pipeline, print."""
