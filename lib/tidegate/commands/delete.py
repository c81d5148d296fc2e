"""The command that deletes rows of a feature group."""

from datetime import datetime
from typing import Annotated

import typer
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tidegate.commands import options
from tidegate.commands.context import Choice, opened
from tidegate.commands.run import OUT
from tidegate.errors import KeysFileError, UsageError
from tidegate.feature_groups.definition import EVENT_TIME, FeatureGroup
from tidegate.feature_groups.delete import Deletion, RowChoice, delete_rows_of
from tidegate.plan import system_step


def delete(
    system: options.System,
    group: Annotated[str, typer.Option("--group", help="The feature group, with or without its version.")],
    keys: Annotated[str | None, typer.Option("--keys", help="CSV file with a header: columns of the entity key.")] = None,
    first: options.FirstDay = None,
    last: options.LastDay = None,
    day: options.Day = None,
    known_at: Annotated[
        datetime | None, typer.Option("--known-at", formats=options.MOMENT_FORMATS, help="From when on the rows no longer hold.")
    ] = None,
    purge: Annotated[bool, typer.Option("--purge", help="Remove the rows for good, with all that was known of them.")] = False,
    root: options.Root = None,
    conf: options.Conf = None,
    environment: options.Environment = "local",
    dry_run: options.DryRun = False,
) -> None:
    """Delete rows of a feature group by key, by days of event_time, or by both at once.

    With --known-at they no longer hold from that moment on, and the past still explains them; with --purge they are
    removed. For people who want to be forgotten there is `forget`. Example:

    ./spark-submit.sh jobs/delete.py --system flight_delays --group origin_weather --day 2013-01-05 --purge --dry-run
    """
    with opened(Choice(system, root, conf, environment), "delete", writes=not dry_run) as context:
        chosen_group, start, end = system_step(context.system, group).group, None, None
        if (first, last, day) != (None, None, None):
            period = options.chosen_period(first, last, day, None, context.system.zone)
            start, end = period.start, period.end
        elif keys is None:
            raise UsageError("no rows chosen; name them with --keys FILE, --day DAY, or --from DAY --to DAY.")
        deletion = Deletion.chosen(known_at, purge, dry_run)
        frame = None if keys is None else read_keys(context.spark, keys, chosen_group)
        choice = RowChoice(frame, start, end)
        result = delete_rows_of(context.spark, context.layout, chosen_group, choice, deletion)
        verb = "purged from" if result.purged else "marked as no longer holding in"
        OUT.print(f"{result.group}: {result.rows:,} rows {verb} {result.files} files, version {result.table_version}")
        if result.suppressed:
            OUT.print(f"{result.suppressed:,} rows are of people who were forgotten meanwhile: they got no mark")
        if dry_run:
            OUT.print("dry run: nothing was changed")


def read_keys(spark: SparkSession, path: str, group: FeatureGroup) -> DataFrame:
    """Return the keys of a CSV file, cast to the types of the group's key; keys may name people, so no command line has them.

    Raises:
        KeysFileError: The file can't be read, has other columns, or a value that is not of the column's type.
    """
    allowed = {name: group.schema[name].dataType for name in (*group.entity_key, EVENT_TIME)}
    try:
        texts = spark.read.csv(path, header=True, mode="FAILFAST")
    except AnalysisException as error:
        raise KeysFileError(path, type(error).__name__, tuple(allowed)) from None
    wrong = [name for name in texts.columns if name not in allowed]
    if wrong or not texts.columns:
        raise KeysFileError(path, f"it has the columns {', '.join(texts.columns)}", tuple(allowed))
    cast = {name: F.col(name).try_cast(allowed[name]) for name in texts.columns}
    lost = [F.count_if(cast[name].isNull()).alias(name) for name in texts.columns]
    counts = texts.agg(*lost).first()
    empty = [name for name in texts.columns if counts is not None and counts[name]]
    if empty:
        raise KeysFileError(path, f"values of {', '.join(empty)} are missing or of another type", tuple(allowed))
    return texts.select(*[cast[name].alias(name) for name in texts.columns])
