"""The queries of the contenders of the benchmark of aggregates, which DuckDB and Spark both understand.

All of them are written to be fast rather than as most users would write them: one pass computes all windows, times are whole
numbers, and a set of kinds is the bits of one number. So they are faster than `count(DISTINCT ...)` and one join for each window.
"""

from collections.abc import Sequence
from typing import Literal

from join_shapes import Made

Engine = Literal["duckdb", "spark"]
DAY, HOUR = 86_400_000_000, 3_600_000_000
# From how many days on tiles are days; shorter windows have tiles of an hour. Chronon has the same bound.
DAYS_IN_TILES_OF_DAYS = 12
_OPERATIONS = {
    "count": "count(value) {over}",
    "sum": "sum(value) {over}",
    "mean": "avg(value) {over}",
    "max": "max(value) {over}",
    "distinct": "coalesce(bit_count(bit_or(bits) {over}), 0)",
}
_OF_TILES = {
    "count": "coalesce(sum(n) {over}, 0)",
    "sum": "sum(total) {over}",
    "mean": "sum(total) {over} / sum(n) {over}",
    "max": "max(largest) {over}",
    "distinct": "coalesce(bit_count(bit_or(bits) {over}), 0)",
}


def micros_of_rows(made: Made, engine: Engine, some: str = "true") -> tuple[str, str]:
    """Return queries for the rows and the labels, with times as microseconds and the kind as a bit.

    Args:
        made: The data.
        engine: The engine that runs the queries. For Spark, the files are the views `rows` and `labels`.
        some: A condition on the labels.
    """
    if engine == "spark":
        micros, bit, rows, labels = "unix_micros", "shiftleft(1L, kind)", "rows", "labels"
    else:
        files = ", ".join(f"'{file}'" for file in made.stored_files)
        micros, bit, rows, labels = "epoch_us", "1::BIGINT << kind", f"read_parquet([{files}])", f"'{made.labels}/*.parquet'"
    return (
        f"SELECT id, {micros}(event_time) AS event, {micros}(available_at) AS known, value, {bit} AS bits FROM {rows}",
        f"SELECT id, label, {micros}(event_time) AS moment FROM {labels} WHERE {some}",
    )


def range_join_sql(rows: str, labels: str, days: Sequence[int], names: Sequence[str]) -> str:
    """Join each label with the rows of the longest window that are known at its time, and aggregate them by label."""
    columns = [
        _OPERATIONS[operation].format(over=f"FILTER (WHERE event > moment - {length})") for operation, length in _parts(names)
    ]
    return (
        f"SELECT label, {_named(columns, names)} FROM ({labels}) AS asked LEFT JOIN ({rows}) AS seen "
        f"ON asked.id = seen.id AND known <= moment AND event <= moment AND event > moment - {max(days) * DAY} GROUP BY label"
    )


def union_window_sql(rows: str, labels: str, names: Sequence[str]) -> str:
    """Compute windows over the union of the labels and the rows, in the order of event_time.

    It can't see when a row became known, so a late row counts too early.
    """
    columns = [
        _OPERATIONS[operation].format(
            over=f"OVER (PARTITION BY id ORDER BY event RANGE BETWEEN {length - 1} PRECEDING AND CURRENT ROW)"
        )
        for operation, length in _parts(names)
    ]
    united = (
        f"SELECT id, event, value, bits, NULL AS label FROM ({rows}) UNION ALL "
        f"SELECT id, moment AS event, NULL AS value, NULL AS bits, label FROM ({labels})"
    )
    return (
        f"SELECT label, {', '.join(names)} FROM (SELECT label, {_named(columns, names)} FROM ({united})) WHERE label IS NOT NULL"
    )


def tiles_sql(rows: str, labels: str, days: Sequence[int], names: Sequence[str]) -> str:
    """Add up tiles of an hour or a day, and the rows since the last whole tile.

    This is our own writing of Chronon's way. The window begins with a whole tile, so it is up to a tile too long. Tiles are made
    by event_time, so a late row counts too early.
    """
    by_hop = {
        HOUR: [each for each in days if each < DAYS_IN_TILES_OF_DAYS],
        DAY: [each for each in days if each >= DAYS_IN_TILES_OF_DAYS],
    }
    joined, columns = "", {}
    for hop, lengths in by_hop.items():
        held = [name for name in names if int(name.split("_")[1][:-1]) in lengths]
        if held:
            table = f"tiles_{hop}"
            joined += (
                f" LEFT JOIN ({_tiles_of(rows, labels, hop, max(lengths) * DAY, held)}) AS {table} ON asked.label = {table}.label"
            )
            columns |= {name: _zero(name, f"{table}.{name}") for name in held}
    return f"SELECT asked.label, {_named([columns[name] for name in names], names)} FROM ({labels}) AS asked{joined}"


def _tiles_of(rows: str, labels: str, hop: int, longest: int, names: Sequence[str]) -> str:
    # A join needs equal columns to be quick. The window of a label touches at most two periods, each longer than the window.
    period = longest + hop
    tiles = (
        f"SELECT id, event div {hop} * {hop} AS tile, count(value) AS n, sum(value) AS total, max(value) AS largest, "
        f"bit_or(bits) AS bits FROM ({rows}) GROUP BY id, event div {hop} * {hop}"
    )
    asked = f"SELECT *, explode(array(moment div {period}, moment div {period} - 1)) AS period FROM ({labels})"
    whole = (
        f"SELECT label, moment, tile, n, total, largest, bits FROM ({asked}) AS asked JOIN ({tiles}) AS tiles "
        f"ON asked.id = tiles.id AND period = tile div {period} AND tile >= (moment - {longest}) div {hop} * {hop} "
        f"AND tile < moment div {hop} * {hop}"
    )
    head = (
        f"SELECT label, moment, event AS tile, 1 AS n, value AS total, value AS largest, bits FROM ({labels}) AS asked "
        f"JOIN ({rows}) AS seen ON asked.id = seen.id AND moment div {hop} = event div {hop} AND event <= moment"
    )
    columns = [
        _OF_TILES[operation].format(over=f"FILTER (WHERE tile >= (moment - {length}) div {hop} * {hop})")
        for operation, length in _parts(names)
    ]
    return f"SELECT label, {_named(columns, names)} FROM ({whole} UNION ALL {head}) GROUP BY label"


def _zero(name: str, column: str) -> str:
    return f"coalesce({column}, 0)" if name.startswith(("count", "distinct")) else column


def _parts(names: Sequence[str]) -> list[tuple[str, int]]:
    """Return the operation and the length of the window in microseconds that each name stands for."""
    return [(operation, int(days[:-1]) * DAY) for operation, days in (name.split("_") for name in names)]


def _named(columns: Sequence[str], names: Sequence[str]) -> str:
    return ", ".join(f"{column} AS {name}" for column, name in zip(columns, names, strict=True))
