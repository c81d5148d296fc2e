"""What happens before a command works: the root is checked, settings are loaded, Spark starts, the store is opened."""
