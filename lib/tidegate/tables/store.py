"""The handle of a store: the session, where its tables lie, and what kind of root that is."""

from dataclasses import dataclass
from os import PathLike, fspath

from pyspark.sql import SparkSession

from tidegate.hadoop import is_local, with_scheme
from tidegate.tables.layout import Layout


@dataclass(frozen=True)
class Store:
    """Everything under one root, as functions take it; `Store.open` makes one.

    Attributes:
        spark: The session.
        layout: The paths of the tables under the root.
        is_local: Whether Hadoop keeps the root on this machine. Only there does a lock keep other writers away.
    """

    spark: SparkSession
    layout: Layout
    is_local: bool

    @classmethod
    def open(cls, spark: SparkSession, root: str | PathLike[str]) -> "Store":
        """Return the store under a root. Hadoop's file system is asked here, once, where the root lies.

        Raises:
            UsageError: The root's path has a backtick, with which Delta can't name a table.
        """
        where = with_scheme(spark, fspath(root))
        return cls(spark, Layout(where), is_local(spark, where))
