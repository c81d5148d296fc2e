"""What happens before a command does its work: load the settings, start Spark, check the root, open the store."""
