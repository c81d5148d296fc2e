"""The file formats of sources: one file a format, behind the interface in `format`, which also says how to add one."""
