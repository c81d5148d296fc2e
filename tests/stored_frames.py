"""Any frame as the files of a bucketed table, for tests of what reads files by itself."""

from collections import defaultdict
from pathlib import Path

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.feature_groups.definition import BUCKET, TOMBSTONE
from tidegate.point_in_time.stored_rows import StoredFile, StoredRows
from tidegate.tables.buckets import bucket_of


def stored_frame(frame: DataFrame, folder: Path, entity_key: tuple[str, ...], buckets: int, told: int = 0) -> StoredRows:
    """Write a frame's rows as a feature group's table would hold them, without a table's rules, and say where they lie.

    `told`: how many rows each file is said to have.
    """
    rows = frame if TOMBSTONE in frame.columns else frame.withColumn(TOMBSTONE, F.lit(False))
    rows.withColumn(BUCKET, bucket_of(list(entity_key), buckets)).write.partitionBy(BUCKET).parquet(str(folder))
    files: dict[int, list[StoredFile]] = defaultdict(list)
    for path in sorted(folder.glob(f"{BUCKET}=*/*.parquet")):
        files[int(path.parent.name.partition("=")[2])].append(StoredFile(str(path), told, None, None))
    return StoredRows({bucket: tuple(held) for bucket, held in files.items()}, buckets, TOMBSTONE in frame.columns)
