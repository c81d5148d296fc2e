"""Score batches: entity rows in, predictions with provenance out."""
