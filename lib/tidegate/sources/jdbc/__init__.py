"""Read tables of databases by JDBC: the connection, and the ranges of a watermark column that a load takes."""
