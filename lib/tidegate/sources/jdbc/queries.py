"""The queries that the driver sends to a database before Spark reads a range of rows.

Names of columns are quoted as the database does it. The relation of a FROM clause is what the user declared, and bounds are
numbers or moments that this package has written.
"""

from datetime import datetime, timedelta
from typing import Any

from pyspark.sql import SparkSession

from tidegate.jvm import java_class
from tidegate.moments import EPOCH


def select(what: str, relation: str, where: str | None = None) -> str:
    """Return a query."""
    return f"SELECT {what} FROM {relation}{f' WHERE {where}' if where else ''}"  # noqa: S608  # as the module explains


def quoted_name(connection: Any, name: str) -> str:  # noqa: ANN401  # java.sql.Connection
    """Return the name of a column in the quotes of the database."""
    mark = str(connection.getMetaData().getIdentifierQuoteString()).strip()
    return f"{mark}{name.replace(mark, mark * 2)}{mark}" if mark else name


def column_names(connection: Any, relation: str) -> list[str]:  # noqa: ANN401  # java.sql.Connection
    """Return the names of the columns of a table or query."""
    statement = connection.createStatement()
    try:
        found = statement.executeQuery(select("*", relation, "1 = 0")).getMetaData()
        return [str(found.getColumnLabel(place)) for place in range(1, found.getColumnCount() + 1)]
    finally:
        statement.close()


def first_row(connection: Any, query: str, values: int = 1) -> list[str | None]:  # noqa: ANN401  # java.sql.Connection
    """Return the first values of the first row as texts; None for NULL, and for each value if there is no row."""
    statement = connection.createStatement()
    try:
        statement.setMaxRows(1)
        rows = statement.executeQuery(query)
        texts = [rows.getString(place) for place in range(1, values + 1)] if rows.next() else [None] * values
        return [None if text is None else str(text) for text in texts]
    finally:
        statement.close()


def newest_number(connection: Any, relation: str, column: str, lag: int) -> str | None:  # noqa: ANN401
    """Return the largest number that is at least `lag` below the largest of all; None if there is none."""
    [largest] = first_row(connection, select(f"max({column})", relation))
    if largest is None:
        return None
    [found] = first_row(connection, select(f"max({column})", relation, f"{column} <= {int(largest) - lag}"))
    return found


def newest_time(spark: SparkSession, connection: Any, relation: str, column: str, lag: timedelta) -> str | None:  # noqa: ANN401
    """Return the newest moment that is at least `lag` old by the database's clock, in UTC; None if there is none.

    A column without a zone is taken as UTC, whatever the zone of the JVM is.
    """
    calendar = java_class(spark, "java.util.Calendar").getInstance(java_class(spark, "java.util.TimeZone").getTimeZone("UTC"))
    now = _first_time(connection.prepareStatement(select("CURRENT_TIMESTAMP", relation)), calendar)
    if now is None:
        return None
    until = (now - lag - EPOCH) // timedelta(milliseconds=1)
    newest = connection.prepareStatement(select(f"max({column})", relation, f"{column} <= ?"))
    newest.setTimestamp(1, java_class(spark, "java.sql.Timestamp")(until), calendar)
    found = _first_time(newest, calendar)
    # All moments have the same form, so that their texts are in their order.
    return None if found is None else found.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _first_time(statement: Any, calendar: Any) -> datetime | None:  # noqa: ANN401  # Java's own classes
    try:
        statement.setMaxRows(1)
        rows = statement.executeQuery()
        found = rows.getTimestamp(1, calendar) if rows.next() else None
    finally:
        statement.close()
    if found is None:
        return None
    # Both numbers contain the milliseconds.
    return EPOCH + timedelta(seconds=int(found.getTime()) // 1000, microseconds=int(found.getNanos()) // 1000)
