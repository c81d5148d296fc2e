"""Delta tables as sources: each version is a batch, and versions are listed like the files of a folder."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import and_
from typing import ClassVar, Literal

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError, TidegateError, UnreadableTableError, WrongFilesError
from tidegate.hadoop import error_text
from tidegate.moments import EPOCH
from tidegate.schema import quoted
from tidegate.sources.delivery import Delivery, Portion
from tidegate.sources.folders import ListedFile
from tidegate.sources.formats.column_format import ColumnFormat, column_differences, judged_columns, naive_columns
from tidegate.sources.formats.format import DeclaredSource
from tidegate.sources.judged_rows import BLOCK, DELETED, FILE, NUMBER
from tidegate.tables.create import table_exists
from tidegate.tables.read import read_table
from tidegate.tables.versions import CHANGE, WENT, table_versions, version_changes

_PREFIX = "version="


@dataclass(frozen=True)
class Delta(ColumnFormat):
    """A Delta table with exactly the declared columns and types. Each version is a batch that arrived with its commit.

    With a change feed, the first load reads the whole newest version; older versions are not loaded.

    Attributes:
        read: With `change_feed`, a batch is what a version inserted, updated and deleted; the table needs the property
            `delta.enableChangeDataFeed`. With `versions`, a batch is the full state of the table at a version.
        key: For a change feed, the fields that identify a row: all fields from which the entity key and event_time of the feature
            group are made. An update that changes one of them deletes the row with the old key and adds one with the new key.

    Raises:
        DefinitionError: A change feed has no key.
    """

    read: Literal["change_feed", "versions"] = "change_feed"
    key: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_declared_types(self)
        if self.read == "change_feed" and not self.key:
            raise DefinitionError(
                "delta: a change feed needs the fields that identify a row, as in Delta(key=('sensor', 'read_at')): "
                "an update that changes one of them deletes the row with the old key."
            )

    @property
    def delivery(self) -> Delivery:
        """How the data arrives: as versions of the table."""
        return TableVersions(self.read == "change_feed")

    @property
    def option_fields(self) -> Mapping[str, tuple[str, ...]]:  # noqa: D102  # described in FileFormat
        return {"key": self.key}

    def check_source(self, source: DeclaredSource) -> None:  # noqa: D102
        if source.contents is not None:
            raise DefinitionError(
                f"source {source.name!r}: contents is for files; for a Delta table, declare Delta(read='versions')."
            )
        super().check_source(source)
        if source.headers:
            raise DefinitionError(
                f"source {source.name!r}: headers: a field of a Delta table has the column's own name; rename it in the "
                "transformation."
            )

    def read_portion(self, spark: SparkSession, source: DeclaredSource, portion: Portion) -> DataFrame:
        """Return the rows or the changes of one version. The column `DELETED` is true for rows that the version deleted."""
        [version] = portion.files
        number = int(version.name.removeprefix(_PREFIX))
        changes = self.read == "change_feed" and not portion.whole
        path = portion.folder.rstrip("/")
        rows = version_changes(spark, path, number) if changes else read_table(spark, path, number)
        schema = rows.drop(CHANGE).schema if changes else rows.schema
        wrong = column_differences(source, schema)
        if wrong:
            raise WrongFilesError(source.name, {version.name: wrong})
        if changes:
            rows = without_replaced(rows, self.key)
        deleted = F.col(CHANGE).isin(*WENT) if changes else F.lit(False)
        placed = rows.select(
            F.lit(version.name).alias(FILE), F.lit(0).cast("bigint").alias(BLOCK), F.lit(0).cast("bigint").alias(NUMBER),
            deleted.alias(DELETED), *source.names,
        )  # fmt: skip
        return judged_columns(source, placed, naive_columns(source, {path: schema}))

    def read_held(self, source: DeclaredSource, held: DataFrame) -> DataFrame:
        """Read quarantined rows again. The quarantine never has deleted rows."""
        return super().read_held(source, held.withColumn(DELETED, F.lit(False)))

    def estimated_rows(self, files: Iterable[ListedFile], values: int) -> int | None:
        """Return None, because versions are listed without a size."""
        return None


@dataclass(frozen=True)
class TableVersions(Delivery):
    """The versions of a table, listed like the files of a folder.

    Attributes:
        is_feed: Whether a batch is the changes of a version, and not all rows of it.
    """

    noun: ClassVar[str] = "Delta table with rows"
    has_lines: ClassVar[bool] = False
    one_at_a_time: ClassVar[bool] = True

    is_feed: bool

    @property
    def holds_states(self) -> bool:  # noqa: D102  # these members are described in Delivery
        return not self.is_feed

    @property
    def may_be_empty(self) -> bool:  # noqa: D102
        return self.is_feed

    @property
    def starts_whole(self) -> bool:
        """Whether the first load reads the whole newest version: it contains the result of all changes before."""
        return self.is_feed

    def listed(self, spark: SparkSession, source: str, folder: str) -> tuple[ListedFile, ...]:
        """Return the versions that changed rows, oldest first; none if there is no table.

        Raises:
            UnreadableTableError: The log of the table is damaged, has a gap, or needs a feature that this release of Delta lacks.
        """
        try:
            versions = table_versions(spark, folder) if table_exists(spark, folder) else []
        except (PySparkException, Py4JJavaError) as error:
            raise UnreadableTableError(source, f"the log of the Delta table {folder}", error_text(error)) from None
        return tuple(ListedFile(f"{_PREFIX}{each.number:015d}", 0, each.committed) for each in versions)

    def expected(self, loaded: Iterable[str], there: Iterable[str]) -> set[str]:
        """Return the loaded versions that must still exist.

        Delta removes the oldest versions from the log of a table. But if the last loaded version is gone, the changes between it
        and the oldest remaining version are unknown.
        """
        known = sorted(loaded)
        oldest = min(there, default="")
        return {name for name in known if name >= oldest} | {*known[-1:]}

    def known_at(self, file: ListedFile) -> datetime | None:
        """Return when the version was committed."""
        return EPOCH + timedelta(milliseconds=file.modified)

    def uris(self, spark: SparkSession, portion: Portion) -> dict[str, ListedFile]:  # noqa: D102
        return {version.name: version for version in portion.files}

    def unreadable(self, source: str, portion: Portion, error: Exception) -> TidegateError:  # noqa: D102
        what = f"{portion.files[0].name} of the Delta table {portion.folder}"
        return UnreadableTableError(source, what, error_text(error))


def without_replaced(changes: DataFrame, key: Sequence[str]) -> DataFrame:
    """Remove the old values of rows that the version replaced by a row of the same key.

    The remaining old rows were deleted, or an update gave them another key.
    """
    went = F.col(CHANGE).isin(*WENT)
    came = changes.where(~went)
    same = [F.col(f"_went.{quoted(name)}").eqNullSafe(F.col(f"_came.{quoted(name)}")) for name in key]
    gone = changes.where(went).alias("_went").join(came.select(*key).alias("_came"), on=reduce(and_, same), how="left_anti")
    return came.unionByName(gone)
