"""Tables of databases by JDBC: each load takes the rows whose watermark is newer than the last loaded one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError, WrongFilesError, did_you_mean
from tidegate.schema import quoted
from tidegate.sources.delivery import Delivery, Portion
from tidegate.sources.folders import ListedFile
from tidegate.sources.formats.column_format import ColumnFormat, column_differences, judged_columns, naive_columns
from tidegate.sources.formats.format import DeclaredSource
from tidegate.sources.jdbc.database import Database
from tidegate.sources.jdbc.queries import column_names, first_row, quoted_name, select
from tidegate.sources.jdbc.watermarks import WatermarkRange, WatermarkRanges
from tidegate.sources.judged_rows import BLOCK, FILE, NUMBER

_ROWS_A_FETCH = "10000"


@dataclass(frozen=True)
class Jdbc(ColumnFormat):
    """A table or a query of a database, read by JDBC. Each load takes the rows whose watermark is above the last loaded one.

    The watermark is a column that grows with every insert and update of a row, such as `updated_at`. Rows are taken once their
    watermark is older than `lag`, so `lag` must be longer than any transaction that writes to the table. A row that is committed
    later than that is never loaded. Deleted rows are not noticed. Other columns than the declared ones are not read.

    Attributes:
        url: The JDBC url, without user and password, such as `jdbc:postgresql://host:5432/database`.
        watermark: The field with the watermark: a timestamp, or a whole number. A timestamp without a zone must be in UTC.
        table: The name of the table, as SQL writes it.
        query: A query in place of a table.
        lag: For a timestamp, how old it must be by the database's clock. For a number, how far below the largest number it must
            be; 0 is right only if rows are committed in the order of their numbers and no two rows share a number.
        partition_column: A field with whole numbers, by whose ranges several tasks read at the same time.
        partitions: How many tasks read.
        user_variable: The name of the environment variable with the user.
        password_variable: The name of the environment variable with the password.
        driver: The class of the JDBC driver; None: the usual one for the url.

    Raises:
        DefinitionError: The url contains a user or password, not exactly one of table and query is given, or a number is outside
            its range.
    """

    url: str = field(repr=False)
    watermark: str
    table: str | None = None
    query: str | None = None
    lag: timedelta | int = timedelta(minutes=10)
    partition_column: str | None = None
    partitions: int = 1
    user_variable: str | None = None
    password_variable: str | None = None
    driver: str | None = None

    def __post_init__(self) -> None:
        require_declared_types(self)
        self._database.require_no_secret()
        if (self.table is None) == (self.query is None):
            raise DefinitionError("jdbc: give either table or query.")
        if self.partitions < 1 or (self.partitions > 1) != (self.partition_column is not None):
            given = f"partitions is {self.partitions} and partition_column is {self.partition_column}"
            raise DefinitionError(f"jdbc: {given}; give both, with at least 2 partitions, or none of them.")

    @property
    def delivery(self) -> Delivery:
        """How the data arrives: as ranges of the watermark."""
        return WatermarkRanges(self._database, self._relation, self.watermark, self.lag)

    @property
    def option_fields(self) -> Mapping[str, tuple[str, ...]]:  # noqa: D102  # described in FileFormat
        return {"watermark": (self.watermark,), "partition_column": (self.partition_column,) if self.partition_column else ()}

    def check_source(self, source: DeclaredSource) -> None:  # noqa: D102
        super().check_source(source)
        where, kinds = f"source {source.name!r}", {each.name: each.type for each in source.fields}
        if source.contents is not None:
            raise DefinitionError(f"{where}: contents is for files; a load of a database takes changes only.")
        if source.headers:
            raise DefinitionError(f"{where}: headers: name the columns in a query instead: Jdbc(query='SELECT a AS b ...').")
        fault = self._fault_of_watermark(kinds[self.watermark], source.zone)
        if fault is not None:
            raise DefinitionError(f"{where}: {fault}.")
        if self.partition_column and not isinstance(kinds[self.partition_column], T.IntegerType | T.LongType):
            raise DefinitionError(f"{where}: partition_column {self.partition_column} must be int or bigint.")

    def _fault_of_watermark(self, kind: T.DataType, zone: str | None) -> str | None:
        if isinstance(kind, T.IntegerType | T.LongType):
            is_right = isinstance(self.lag, int) and self.lag >= 0
            return None if is_right else f"lag is {self.lag}; {self.watermark} is a number, so give a whole number from 0 on"
        if not isinstance(kind, T.TimestampType):
            return f"{self.watermark} is {kind.simpleString()}; a watermark is a timestamp, int or bigint"
        if isinstance(self.lag, int) or self.lag <= timedelta(0):
            return f"lag is {self.lag}; {self.watermark} is a timestamp, so give a timedelta above 0"
        # Local times repeat when clocks are set back, and rows of the second hour would count as loaded.
        return None if zone in (None, "UTC") else f"zone {zone!r}: a watermark without a zone must be in UTC"

    def read_portion(self, spark: SparkSession, source: DeclaredSource, portion: Portion) -> DataFrame:
        """Return the rows of one range. Its name is their place; they have no order, so there is no line."""
        [piece] = portion.files
        with self._database.connected(spark, source.name) as connection:
            self._require_columns(source, column_names(connection, self._relation))
            rows = self._range(connection, source.names, piece)
            bounds = self._bounds(connection, rows)
        options = {"dbtable": rows, "fetchsize": _ROWS_A_FETCH, "preferTimestampNTZ": "true", **bounds}
        with self._database.failures(source.name):
            read = spark.read.format("jdbc").options(**self._database.options(source.name), **options).load()
        wrong = column_differences(source, read.schema)
        if wrong:
            raise WrongFilesError(source.name, {self._name: wrong})
        placed = read.select(
            F.lit(piece.name).alias(FILE),
            F.lit(0).cast("bigint").alias(BLOCK),
            F.lit(0).cast("bigint").alias(NUMBER),
            *map(quoted, source.names),
        )
        return judged_columns(source, placed, naive_columns(source, {piece.name: read.schema}))

    def estimated_rows(self, files: Iterable[ListedFile], values: int) -> int | None:
        """Return None, because ranges are listed without a size."""
        return None

    @property
    def _database(self) -> Database:
        return Database(self.url, self.driver, self.user_variable, self.password_variable)

    @property
    def _relation(self) -> str:
        return self.table or f"({self.query}) tidegate_query"

    @property
    def _name(self) -> str:
        return self.table or "the query"

    def _require_columns(self, source: DeclaredSource, there: Sequence[str]) -> None:
        missing = [name for name in source.names if name not in there]
        if missing:
            hint = did_you_mean(missing[0], [name for name in there if name not in source.names])
            complaint = f"missing column {', '.join(missing)}; it has the columns {', '.join(there)}.{hint}"
            raise WrongFilesError(source.name, {self._name: complaint})

    def _range(self, connection: Any, names: Iterable[str], piece: ListedFile) -> str:  # noqa: ANN401  # java.sql.Connection
        """Return the query for the rows of one range, in parentheses."""
        limits = WatermarkRange.of(piece.name)
        if limits is None:
            raise RuntimeError(f"{piece.name} is no range of a watermark")
        column, mark = quoted_name(connection, self.watermark), "" if isinstance(self.lag, int) else "'"
        above = "" if limits.lower is None else f"{column} > {mark}{limits.lower}{mark} AND "
        columns = ", ".join(quoted_name(connection, name) for name in names)
        return f"({select(columns, self._relation, f'{above}{column} <= {mark}{limits.upper}{mark}')}) tidegate_range"

    def _bounds(self, connection: Any, rows: str) -> dict[str, str]:  # noqa: ANN401
        """Return the options with which Spark reads in several tasks; none if the range has no rows or one task is enough."""
        if self.partition_column is None:
            return {}
        column = quoted_name(connection, self.partition_column)
        lower, upper = first_row(connection, select(f"min({column}), max({column})", rows), values=2)
        if lower is None or upper is None:
            return {}
        bounds = {"lowerBound": lower, "upperBound": str(int(upper) + 1), "numPartitions": str(self.partitions)}
        return {"partitionColumn": self.partition_column, **bounds}
