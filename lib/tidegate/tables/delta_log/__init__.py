"""Facts from a table's log and folder, without reading a row: versions, data files and numbers of rows."""
