"""The command that shows the statistics of features, as a table or as a page."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from tidegate.commands import options
from tidegate.commands.opening.context import opened_store
from tidegate.commands.output.feature_rows import full_name, of_group, recorded_text
from tidegate.commands.output.result_table import ResultTable
from tidegate.commands.run import OUT
from tidegate.errors import MissingStatisticsError, UnknownFeatureError, UnknownGroupError
from tidegate.feature_groups.catalog.statistics_table import newest_commits
from tidegate.monitoring.feature_history import group_histories
from tidegate.monitoring.number_text import counted_text, end_text, number_text, percent_text
from tidegate.monitoring.statistics_page import statistics_page
from tidegate.text_files import write_text

_TOP = 3


def statistics(
    root: options.StoreRoot,
    group: options.Group = None,
    feature: Annotated[str | None, typer.Option("--feature", help="Only the feature of this name.")] = None,
    page: Annotated[str | None, typer.Option("--page", help="Write a page with plots to this file instead of a table.")] = None,
    history: Annotated[
        bool, typer.Option("--history", help="Show every commit, not only the newest commit of each group.")
    ] = False,
) -> None:
    """Show the statistics that commits recorded of each feature: NULL share, extremes, quantiles and frequent values.

    Personal columns have no statistics. If the store has no statistics yet, a page with a note is written. Examples:

    ./spark-submit.sh jobs/feature_statistics.py --root data --group origin_weather

    ./spark-submit.sh jobs/feature_statistics.py --root data --page statistics.html
    """
    with opened_store(root, "statistics") as store:
        found = store.catalog.statistics()
        known = found.select("group", "group_version", "feature").distinct().collect()
        if not known and page is None:
            raise MissingStatisticsError(store.layout.root)
        chosen = _chosen(found, known, group, feature)
        if page is not None:
            histories = group_histories(store.handle, chosen)
            size = write_text(found.sparkSession, page, statistics_page(histories, datetime.now(UTC)))
            groups = counted_text(len(histories), "feature group")
            OUT.print(f"{page}: {groups}, {size:,} bytes", highlight=False, soft_wrap=True)
        elif history:
            print_history(chosen.collect())
        else:
            print_newest(newest_commits(chosen, 1).collect())


def print_newest(rows: Sequence[Row]) -> None:
    """Print the statistics of the newest commit of each group."""
    names = ("feature", "group", "type", "rows", "NULL", "least", "median", "mean", "greatest", "different", "most frequent")
    table = ResultTable("Statistics of the newest commits", *names)
    for row in sorted(rows, key=lambda row: (row["group"], row["group_version"], row["feature"])):
        ends = (_end(row, "minimum"), _number(_median(row)), _middle(row), _end(row, "maximum"))
        cells = (row["feature"], full_name(row), row["type"], f"{row['rows']:,}", percent_text(row["null_share"]))
        table.add_row(*_harmless((*cells, *ends, _whole(row["distinct"]), _frequent(row))))
    OUT.print(table)


def print_history(rows: Sequence[Row]) -> None:
    """Print how a few numbers of each feature changed from commit to commit, oldest first."""
    names = ("group", "feature", "version", "batch", "recorded at, UTC", "rows", "NULL", "least", "mean", "greatest", "different")
    table = ResultTable(f"History: {len(rows)} rows", *names)
    for row in sorted(rows, key=lambda row: (row["group"], row["group_version"], row["feature"], row["table_version"])):
        commit = (full_name(row), row["feature"], str(row["table_version"]), row["batch"] or "", recorded_text(row))
        counts = (f"{row['rows']:,}", percent_text(row["null_share"]))
        ends = (_end(row, "minimum"), _middle(row), _end(row, "maximum"))
        table.add_row(*_harmless((*commit, *counts, *ends, _whole(row["distinct"]))))
    OUT.print(table)


def _chosen(found: DataFrame, known: Sequence[Row], group: str | None, feature: str | None) -> DataFrame:
    """Return the statistics of one group, of one feature, or of both; None stands for all.

    Raises:
        UnknownGroupError, UnknownFeatureError: There are no statistics of this group or feature.
    """
    found_of = of_group(known, group)
    if group is not None:
        if not found_of:
            raise UnknownGroupError(group, {full_name(row) for row in known}, "the table of statistics")
        found = found.where((F.col("group") == group) | (F.concat("group", F.lit("_v"), "group_version") == group))
    if feature is not None:
        if feature not in {row["feature"] for row in found_of}:
            raise UnknownFeatureError(feature, (row["feature"] for row in found_of))
        found = found.where(F.col("feature") == feature)
    return found


def _end(row: Row, name: str) -> str:
    """Return an extreme as text: a time as such, any other value as a number."""
    text = end_text(row[f"{name}_text"] or "", row["type"])
    return text if row["type"].startswith(("date", "timestamp")) else _number(row[name])


def _median(row: Row) -> float | None:
    return next((quantile["value"] for quantile in row["quantiles"] if quantile["probability"] == 0.5), None)


def _middle(row: Row) -> str:
    return f"{percent_text(row['true_share'])} true" if row["true_share"] is not None else _number(row["mean"])


def _number(number: float | None) -> str:
    return "" if number is None else number_text(number)


def _whole(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def _frequent(row: Row) -> str:
    return ", ".join(f"{top['value']} ({top['count']:,})" for top in row["top"][:_TOP])


def _harmless(cells: Iterable[str]) -> Iterable[str]:
    """Replace characters that could control the terminal: the frequent values come from the data."""
    return ("".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in cell) for cell in cells)
