"""What a table's log and folder tell without reading a row: versions, data files, numbers of rows, files that nobody needs."""
