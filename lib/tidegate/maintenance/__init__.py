"""Keeping a store in shape: retention, collapsed runs, compaction, unneeded files, buckets, the format of the root."""
