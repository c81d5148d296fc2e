"""Find the Delta tables that lie under a root, whoever wrote them."""

from pyspark.sql import SparkSession

from tidegate.hadoop import open_path
from tidegate.tables.log_folder import holds_version

_DEEPEST = 4


def find_tables(spark: SparkSession, root: str) -> list[str]:
    """Return the folders below the root, relative to it, that hold a Delta table; at most four levels down."""
    path, file_system = open_path(spark, root)
    top = str(file_system.makeQualified(path))
    found = []
    for depth in range(1, _DEEPEST + 1):
        pattern, _ = open_path(spark, "/".join([root, *["*"] * depth, "_delta_log"]))
        for status in file_system.globStatus(pattern) or []:
            if holds_version(spark, status.getPath()):
                found.append(str(status.getPath().getParent()).removeprefix(top).strip("/"))
    return found
