"""Delta tables: where they lie, how they are created, merged, read at a version; the only importer of `delta`."""
