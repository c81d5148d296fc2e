"""What a table's log and folder tell without reading a row: snapshots, data files, numbers of rows, files that nobody needs."""
