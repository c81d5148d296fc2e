"""Find the Delta tables that lie under a root, whoever wrote them."""

from pyspark.sql import SparkSession

from tidegate.tables.log_folder import holds_version

_DEEPEST = 4


def find_tables(spark: SparkSession, root: str) -> list[str]:
    """Return the folders below the root, relative to it, that hold a Delta table; at most four levels down."""
    hadoop = spark.sparkContext._jvm.org.apache.hadoop.fs  # type: ignore[union-attr]
    path = hadoop.Path(root)
    file_system = path.getFileSystem(spark.sparkContext._jsc.hadoopConfiguration())
    top = str(file_system.makeQualified(path))
    found = []
    for depth in range(1, _DEEPEST + 1):
        pattern = "/".join(["*"] * depth)
        for status in file_system.globStatus(hadoop.Path(path, f"{pattern}/_delta_log")) or []:
            if holds_version(spark, status.getPath()):
                found.append(str(status.getPath().getParent()).removeprefix(top).strip("/"))
    return found
