"""The format of what lies under a root: a number in the file `format`, so that no program works on what it doesn't know.

1. Feature groups without buckets and tombstones; no file says so.
2. Feature groups in buckets, with tombstones and the properties that tell their buckets and history.
"""

from pyspark.sql import SparkSession

from tidegate.errors import RootFormatError
from tidegate.feature_groups.evolution import BUCKETS_PROPERTY
from tidegate.tables.find import find_tables
from tidegate.tables.layout import Layout
from tidegate.tables.read import table_property
from tidegate.text_files import read_text, write_text

CURRENT_FORMAT = 2


def root_format(spark: SparkSession, layout: Layout) -> int | None:
    """Return the format of a root; None where nothing says so and no table speaks against the current one.

    Raises:
        RootFormatError: The file `format` holds something else than a number.
    """
    text = read_text(spark, layout.format)
    if text is None:
        return 1 if old_tables(spark, layout) else None
    if not text.strip().isdigit():
        raise RootFormatError(layout.root, f"{text.strip()[:20]!r}", CURRENT_FORMAT)
    return int(text)


def old_tables(spark: SparkSession, layout: Layout) -> list[str]:
    """Return the feature groups' tables of format 1, as paths below the root."""
    found = [path for path in find_tables(spark, layout.root) if path.startswith("feature_groups/")]
    return sorted(path for path in found if table_property(spark, layout.absolute(path), BUCKETS_PROPERTY) is None)


def require_format(spark: SparkSession, layout: Layout, stamp: bool = False) -> None:
    """Raise RootFormatError unless the root is of the current format, or new.

    Args:
        spark: The session.
        layout: Where the store lies.
        stamp: Write the current format down where no file says it.
    """
    found = root_format(spark, layout)
    if found not in (None, CURRENT_FORMAT):
        raise RootFormatError(layout.root, str(found), CURRENT_FORMAT)
    if found is None and stamp:
        write_format(spark, layout)


def write_format(spark: SparkSession, layout: Layout) -> None:
    """Say that the root is of the current format."""
    write_text(spark, layout.format, f"{CURRENT_FORMAT}\n")
