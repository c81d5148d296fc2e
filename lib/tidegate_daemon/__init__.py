"""The process from which Spark forks its Python workers on one machine."""
