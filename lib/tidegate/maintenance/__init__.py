"""Maintain a store: retention, repeated observations, compaction, unneeded files, buckets, and the format of the root."""
