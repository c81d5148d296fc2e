"""The handle of a store: the session, the layout of the root, and the kind of the root."""

from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path

from pyspark.sql import SparkSession

from tidegate.hadoop import is_local, is_relative, with_scheme
from tidegate.tables.layout import Layout


@dataclass(frozen=True)
class Store:
    """The handle of everything under one root. Functions take it as an argument, and `Store.open` creates it.

    Attributes:
        spark: The session.
        layout: The paths of the tables under the root.
        is_local: Whether the root is on the local file system of this machine. Only there does a lock keep out other writers.
    """

    spark: SparkSession
    layout: Layout
    is_local: bool

    @classmethod
    def open(cls, spark: SparkSession, root: str | PathLike[str]) -> "Store":
        """Return the store under a root. Hadoop's file system decides here, once, whether the root is local.

        Args:
            spark: The session.
            root: The root, as a path or as a URI. A relative path begins in the current folder of this process.

        Raises:
            UsageError: The root's path contains a backtick, and Delta can't name a table with such a path.
        """
        where = with_scheme(spark, fspath(root))
        here = is_local(spark, where)
        # Spark and Delta would each take a relative path for something else.
        whole = str(Path(where).absolute()) if here and is_relative(spark, where) else where
        return cls(spark, Layout(whole), here)
