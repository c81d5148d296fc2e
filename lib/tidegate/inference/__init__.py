"""Score batches: turn rows to predict into predictions with provenance."""
