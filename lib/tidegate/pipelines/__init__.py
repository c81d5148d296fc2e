"""The feature, training and inference pipelines, the erasure and the maintenance. Each run returns a frozen result."""
