"""The command that shows which stored rows give the features of one entity at one moment."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer
from pyspark.sql import DataFrame, Row, Window
from pyspark.sql import functions as F

from tidegate.commands import options
from tidegate.commands.opening.context import SharedOptions, opened
from tidegate.commands.output.result_table import ResultTable
from tidegate.commands.run import OUT
from tidegate.errors import UsageError
from tidegate.feature_store import FeatureStore
from tidegate.moments import from_micros, in_utc
from tidegate.point_in_time.explain import CHOSEN
from tidegate.tables.checkpoint import checkpointed

GROUP = ("feature_group", "table_version")
TIMES = ("event_time", "available_at")


def explain(
    system: options.System,
    entity: Annotated[
        list[str], typer.Option("--entity", help="NAME=VALUE of an entity column. Repeat the option for further columns.")
    ],
    at: Annotated[
        str | None,
        typer.Option("--at", help="Label or prediction time, in ISO format with a zone. Default: the time of the spine's row."),
    ] = None,
    rows: Annotated[
        int, typer.Option("--rows", help="How many rows of each feature group to show: those nearest to the moment.", min=1)
    ] = 5,
    model: options.Model = None,
    root: options.Root = None,
    conf: options.Conf = None,
    environment: options.Environment = "local",
) -> None:
    """Show which row of each feature group an entity gets at a moment, how old the row is, and why it gets no other row.

    Name the entity by columns of the view's spine. The command looks up the other entity columns there, so that you need not
    type a personal value. The features are those of the model that --model names, or of the first model. Example:

    ./spark-submit.sh jobs/explain.py --system flight_delays --entity flight_date=2013-01-05 --entity carrier=UA
    --entity flight=927 --entity origin=EWR
    """
    values, moment = named_values(entity), None if at is None else moment_of(at)
    with opened(SharedOptions(system, root, conf, environment), "explain", writes=False) as context:
        view = context.system.chosen_models(model)[0].view
        found = checkpointed(FeatureStore(context.store.spark, context.store.layout.root).explain(view, values, moment))
        print_explained(nearest_rows(found, rows).collect(), found.groupBy(*GROUP, "verdict").count().collect())


def named_values(entity: Sequence[str]) -> dict[str, object]:
    """Return the values of the `--entity` options by column name.

    Raises:
        UsageError: An option does not have the form NAME=VALUE, or two options have the same name.
    """
    pairs = [text.partition("=") for text in entity]
    without = [name for name, sign, _ in pairs if not sign or not name]
    if without:
        raise UsageError(f"--entity {without[0]}: give NAME=VALUE, such as --entity carrier=UA.")
    twice = [name for name, times in Counter(name for name, _, _ in pairs).items() if times > 1]
    if twice:
        raise UsageError(f"--entity {twice[0]} is given twice; give one value for each column.")
    return {name: value for name, _, value in pairs}


def moment_of(text: str) -> datetime:
    """Return the moment of the option `--at` in UTC.

    Raises:
        UsageError: The text is not a time, or has no zone.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--at {text} is not a time; give a time such as 2013-01-05T08:15Z.") from None
    if moment.tzinfo is None:
        raise UsageError(f"--at {text} has no time zone; add Z for UTC, or an offset such as -05:00.")
    return in_utc(moment)


def nearest_rows(found: DataFrame, shown: int) -> DataFrame:
    """Return the rows of each feature group that are nearest to the moment, newest first; the chosen row is always among them.

    Their times are microseconds since 1970 UTC, since Python can't collect a timestamp of the calendar's first day.
    """
    newest_first = (F.col("event_time").desc(), F.col("available_at").desc())
    nearest_first = Window.partitionBy(*GROUP).orderBy(F.abs("age_seconds"), *newest_first)
    placed = found.withColumn("place", F.row_number().over(nearest_first))
    nearest = placed.where((F.col("place") <= shown) | (F.col("verdict") == CHOSEN)).orderBy(*GROUP, *newest_first)
    return nearest.withColumns({name: F.unix_micros(name) for name in TIMES})


def print_explained(found: Sequence[Row], counts: Sequence[Row]) -> None:
    """Print one table per feature group with its rows and their verdicts."""
    verdicts: dict[tuple[str, int], list[str]] = defaultdict(list)
    for each in sorted(counts):
        verdicts[each.feature_group, each.table_version].append(f"{each['count']:,} {each.verdict}")
    for (group, version), texts_of in verdicts.items():
        title = f"{group} at table version {version}: {', '.join(texts_of)}"
        table = ResultTable(title, "event_time, UTC", "known at, UTC", "age", "verdict", "features")
        for row in (row for row in found if row.feature_group == group):
            times = (f"{_moment_of_row(row[name]):%Y-%m-%d %H:%M:%S}" for name in TIMES)
            table.add_row(*times, age_text(row.age_seconds), row.verdict, row.features)
        OUT.print(table)
    if not found:
        OUT.print("no feature group has a row for this entity")


def _moment_of_row(time: int | datetime) -> datetime | None:
    """Return a row's time in UTC. It is given as microseconds, or as Spark collects it, in the time zone of the process."""
    return from_micros(time) if isinstance(time, int) else time.astimezone(UTC)


def age_text(seconds: float) -> str:
    """Return an age in seconds as text with days, hours and minutes; a negative age (a later time) has a minus sign."""
    minutes = round(abs(seconds) / 60)
    days, hours = divmod(minutes // 60, 24)
    parts = [f"{days} d"] * (days > 0) + [f"{hours} h"] * (hours > 0) + [f"{minutes % 60} min"]
    return ("-" if seconds < 0 else "") + " ".join(parts)
