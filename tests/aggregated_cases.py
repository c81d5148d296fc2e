"""Compute aggregates of generated worlds by every way that there is in Spark, and compare them with the oracle."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from tests.native_aggregates import CASE, TYPES, UTC_TIME, row_columns, same
from tests.properties.aggregates_declared import ONLY_SPARK
from tests.properties.aggregates_future import drawn_future, expected_answers
from tests.properties.aggregates_oracle import (
    Group,
    Label,
    Observation,
    aggregated_value,
    rows_counted,
    rows_of_label,
)
from tests.properties.aggregates_worlds import Setting, World, drawn_setting, drawn_worlds, seen_by
from tests.stored_frames import stored_frame

from tidegate.moments import LAST
from tidegate.point_in_time.aggregates.aggregate import Aggregate
from tidegate.point_in_time.aggregates.aggregate_rows import AggregateRows, provenance_names
from tidegate.point_in_time.aggregates.future import KNOWN_AT, attach_future_labels
from tidegate.point_in_time.aggregates.windows import LastRows
from tidegate.point_in_time.join import point_in_time_join

LABEL_KEY = ("word", "number", "kind", "single")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# How many buckets the stored rows of each setting have.
BUCKETS = (1, 3, 1, 7, 2)


@dataclass(frozen=True)
class Cases:
    """Worlds, and several settings of declarations over them. Labels have all columns that a setting may have as its key."""

    settings: tuple[Setting, ...]
    worlds: list[World]

    @property
    def labels(self) -> list[tuple[int, Label]]:
        return [(case, label) for case, world in enumerate(self.worlds) for label in world.labels]


def drawn_cases(seed: int, count: int, settings: int = 5, aggregates: int = 6) -> Cases:
    """Draw cases by a seed."""
    # The rows of the worlds have what the other settings need: tombstones and a sequence, and labels with all columns of keys.
    base = drawn_setting(seed, count=2 * aggregates)
    group = replace(base.group, key=LABEL_KEY, entity_key=("word",), immutable=False)
    base = replace(base, group=group, sequence=True)
    base, worlds = drawn_worlds(base, seed, count)
    drawn = [drawn_setting(seed + place, count=len(base.aggregates) // 2, like=base) for place in range(1, settings + 1)]
    # Labels are on the edges of the windows of the base setting, so the others have some of its aggregates.
    draw = random.Random(f"cases {seed}")
    # Labels have an anchor in some of the cases, which a setting may use or not.
    used = [replace(each, anchored=base.anchored and draw.random() < 0.6) for each in drawn]
    used = [replace(each, aggregates=(*each.aggregates, *draw.sample(base.aggregates, 3))) for each in used]
    used = [each if place == 0 else for_tasks(each) for place, each in enumerate(used)]
    times = [label.time for world in worlds for label in world.labels if label.time is not None]
    used[-1] = replace(used[-1], delay=draw.choice([0, base.unit]))
    fresh = [draw.choice([None, max(times), max(times), draw.choice(times), draw.choice(times) - 1]) for _ in used]
    made = [replace(each, group=replace(each.group, fresh_until=time)) for each, time in zip(used, fresh, strict=True)]
    return Cases(tuple(made), worlds)


def for_tasks(setting: Setting) -> Setting:
    """Return a setting without conditions that only Spark can evaluate, so that tasks read its rows from files."""

    def native(text: str | None) -> str | None:
        return "kind = 'a'" if text == ONLY_SPARK else text

    aggregates = tuple(replace(each, where=native(each.where), condition=native(each.condition)) for each in setting.aggregates)
    return replace(setting, aggregates=aggregates, group=replace(setting.group, where=native(setting.group.where)))


def assert_every_way_equals_the_oracle(spark: SparkSession, folder: Path, cases: Cases, seed: object) -> int:
    """Return how many values were compared."""
    labels = label_frame(spark, cases)
    inputs = [aggregate_rows(spark, setting, cases, place) for place, setting in enumerate(cases.settings)]
    expected = [expected_columns(setting, cases, place) for place, setting in enumerate(cases.settings)]
    stored = [with_files(each, folder / each.name, BUCKETS[place]) for place, each in enumerate(inputs)]
    features = [{name: columns[name] for name in rows.features} for rows, columns in zip(inputs, expected, strict=True)]
    compared = compare(point_in_time_join(labels, "t", inputs, provenance=True), cases, expected, (seed, "frames"))
    compared += compare(point_in_time_join(labels, "t", stored), cases, features, (seed, "stored"))
    return compared + compare_future(spark, cases, (seed, "future"))


def compare_future(spark: SparkSession, cases: Cases, what: object) -> int:
    """Compare labels from the future, over the rows of the first setting."""
    seen = [World([projected(cases.settings[0], each) for each in world.labels], world.rows) for world in cases.worlds]
    future = drawn_future(cases.settings[0], seen, what)
    setting, maturity = future.setting, future.maturity
    of_future = replace(cases, settings=(setting,))
    given = replace(setting, group=replace(setting.group, fresh_until=None))
    rows = replace(aggregate_rows(spark, given, of_future, 0), span=None, fresh_until=LAST)
    at = "anchor" if cases.settings[0].anchored else "t"
    table = attach_future_labels(label_frame(spark, cases), at, rows, maturity).toArrow().sort_by("place")
    # As numbers, because some are beyond Python's calendar.
    known_at = table.column(KNOWN_AT).cast(pa.int64()).to_pylist()
    columns = [table.column(name).to_pylist() for name in rows.features]
    for place, answer in enumerate(expected_answers(replace(future, worlds=seen_worlds(setting, future.worlds)))):
        values, moment = [column[place] for column in columns], known_at[place]
        right = all(map(same, values, answer.values)) and (moment is None) == (answer.known_at is None)
        if not right or (moment is not None and not answer.known_at <= moment <= answer.latest):
            text = f"{maturity}: expected {answer}, found {values}, {moment}"
            raise AssertionError(difference(what, setting, of_future, place, text))
    return len(known_at) * (len(columns) + 1)


def seen_worlds(setting: Setting, worlds: list[World]) -> list[World]:
    return [replace(world, rows=seen_by(setting, world.rows)) for world in worlds]


def compare(joined: DataFrame, cases: Cases, expected: Sequence[dict[str, list[object]]], what: object) -> int:
    table = joined.toArrow().sort_by("place")
    assert table.column("place").to_pylist() == list(range(len(cases.labels))), what
    compared = 0
    for setting, columns in zip(cases.settings, expected, strict=True):
        for name, values in columns.items():
            for place, (found, wanted) in enumerate(zip(table.column(name).to_pylist(), values, strict=True)):
                compared += 1
                if not same(found, wanted):
                    raise AssertionError(difference(what, setting, cases, place, f"{name}: expected {wanted}, found {found}"))
    return compared


def difference(what: object, setting: Setting, cases: Cases, place: int, text: str) -> str:
    case, label = cases.labels[place]
    rows = "\n".join(map(str, seen_by(setting, cases.worlds[case].rows)))
    features = "\n".join(f"{name}: {each}" for name, each in features_of(setting, cases.settings.index(setting)).items())
    return f"{what}, case {case}: {text}\n{label}\n{setting.group}\n{features}\n{rows}"


def features_of(setting: Setting, place: int) -> dict[str, Aggregate]:
    return {f"feature_{place}_{number}": each for number, each in enumerate(setting.aggregates)}


def expected_columns(setting: Setting, cases: Cases, place: int) -> dict[str, list[object]]:
    """Return what the oracle says of each feature and of the rows that it counts, for all labels."""
    found: dict[str, list[object]] = {}
    features = features_of(setting, place)
    for world in cases.worlds:
        rows = seen_by(setting, world.rows)
        for label in (projected(setting, each) for each in world.labels):
            of_label = rows_of_label(setting.group, rows, label)
            for name, aggregate in features.items():
                found.setdefault(name, []).append(aggregated_value(aggregate, setting.group, of_label, label))
                if isinstance(aggregate.window, LastRows) and aggregate.columns:
                    # Its provenance is that of the window, before rows with NULL are skipped.
                    continue
                counted = provenance_of(aggregate, setting.group, of_label, label)
                for column, value in zip(provenance_names(name), counted, strict=True):
                    found.setdefault(column, []).append(value)
    return found


def provenance_of(aggregate: Aggregate, group: Group, of_label: list[Observation], label: Label) -> tuple[object, ...]:
    """Return how many rows count, and their newest times."""
    if label.time is None or None in label.key:
        return (None, None, None)
    rows = rows_counted(aggregate, group, of_label, label)
    known = group.fresh_until is not None and label.time <= group.fresh_until
    newest = [moment(max(times)) for times in zip(*[(row.event, row.known) for row in rows], strict=True)] or [None, None]
    return (len(rows) if known else None, *newest)


def projected(setting: Setting, label: Label) -> Label:
    """Return a label with the columns of the key of a setting, and with its anchor if the setting has one."""
    key = tuple(label.key[LABEL_KEY.index(name)] for name in setting.group.key)
    return replace(label, key=key, anchor=label.anchor if setting.anchored else None)


def label_frame(spark: SparkSession, cases: Cases) -> DataFrame:
    columns = {CASE: pa.array([case for case, _ in cases.labels], pa.int32()), "place": pa.array(range(len(cases.labels)))}
    for place, name in enumerate(LABEL_KEY):
        columns[name] = pa.array([label.key[place] for _, label in cases.labels], TYPES[name])
    columns["t"] = pa.array([label.time for _, label in cases.labels], pa.int64()).cast(UTC_TIME)
    columns["anchor"] = pa.array([label.anchor for _, label in cases.labels], pa.int64()).cast(UTC_TIME)
    return spark.createDataFrame(pa.table(columns))


def aggregate_rows(spark: SparkSession, setting: Setting, cases: Cases, place: int) -> AggregateRows:
    group = setting.group
    rows = [(case, row) for case, world in enumerate(cases.worlds) for row in seen_by(setting, world.rows)]
    random.Random(place).shuffle(rows)
    # Spark takes Arrow's times without a zone for times in the zone of the session.
    frame = spark.createDataFrame(pa.table(row_columns(setting, rows))).withColumn("wall", F.col("wall").cast("timestamp_ntz"))
    times = [label.time for _, label in cases.labels if label.time is not None]
    return AggregateRows(
        name=f"group_{place}",
        frame=frame if setting.delay is None else frame.drop("available_at"),
        delay=timedelta(microseconds=setting.delay or 0),
        span=(moment(min(times)), moment(max(times) + 1)),
        entity_key=(CASE, *group.entity_key),
        key=(CASE, *group.key),
        features=features_of(setting, place),
        where=group.where,
        boundary="inclusive" if group.inclusive else "exclusive",
        sequence="sequence" if setting.sequence else None,
        one_event_per=(CASE, *group.one_event_per) if group.one_event_per else (),
        immutable=group.immutable,
        anchor="anchor" if setting.anchored else None,
        # Some tasks read one file at a time.
        cells_at_once=(40_000_000, 50)[place % 2],
        fresh_until=None if group.fresh_until is None else moment(group.fresh_until),
    )


def with_files(rows: AggregateRows, folder: Path, buckets: int) -> AggregateRows:
    """Return the same rows as files, which always say when a row became known."""
    frame = rows.frame.withColumn("available_at", rows.known_at)
    return replace(rows, frame=frame, stored=stored_frame(frame, folder, rows.entity_key, buckets))


def moment(time: int) -> datetime:
    return EPOCH + timedelta(microseconds=time)
