"""Describe the aggregates of a group to the tasks: features, further counts, columns to read, and flags."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from pyspark.sql import types as T
from pyspark.sql.pandas.types import to_arrow_type

from tidegate.feature_groups.definition import AVAILABLE_AT, EVENT_TIME, TOMBSTONE
from tidegate.moments import micros_of
from tidegate.point_in_time.aggregates.aggregate import Aggregate
from tidegate.point_in_time.aggregates.aggregate_rows import AggregateRows, provenance_names
from tidegate.point_in_time.aggregates.native.specification import KNOWN, UNTIL, NativeAggregates, NativeFeature
from tidegate.point_in_time.aggregates.row_flags import RowFlag
from tidegate.point_in_time.aggregates.task_aggregates import TaskAggregates
from tidegate.point_in_time.aggregates.windows import LastRows
from tidegate.point_in_time.native.row_times import NO_LIMIT

_MICROSECOND = timedelta(microseconds=1)


@dataclass
class _Description:
    """The parts of a description while it is put together."""

    rows: AggregateRows
    # The condition of the choice whose features are being added.
    where: str | None = None
    flags: dict[RowFlag, str] = field(default_factory=dict)
    features: list[NativeFeature] = field(default_factory=list)

    def flag(self, texts: Iterable[str | None], not_null: tuple[str, ...] = ()) -> str | None:
        """Return the name of the flag for these conditions; None if every row has it."""
        wanted = tuple(self.rows.conditions[text] for text in dict.fromkeys(texts) if text is not None)
        if not wanted and not not_null:
            return None
        return self.flags.setdefault(RowFlag(wanted, not_null), f"_flag_{len(self.flags)}")

    def add(self, name: str, aggregate: Aggregate, kind: T.DataType, not_null: tuple[str, ...] = ()) -> str:
        """Add a feature. `not_null` names columns that must not be NULL in a row that counts."""
        counts = self.flag((self.where, aggregate.where), not_null)
        meets = None if aggregate.condition is None else self.flag((aggregate.condition,))
        self.features.append(NativeFeature(name, aggregate, to_arrow_type(kind, timezone="UTC"), counts, meets))
        return name


def task_aggregates(rows: AggregateRows, provenance: bool) -> TaskAggregates:
    """Return the description of a group's aggregates for the tasks.

    Args:
        rows: The group and its aggregates.
        provenance: Whether to compute the number of counted rows of each feature too, and their newest times.

    Raises:
        PySparkNotImplementedError: Arrow has no type for a column.
    """
    described = _Description(rows)
    marks = {}
    for choice in rows.choices:
        described.where = choice.where
        for name, aggregate in choice.features.items():
            described.add(name, aggregate, choice.result_types[name])
            if provenance:
                _add_provenance(described, name, aggregate)
        if choice.mark is not None and not provenance:
            marks[choice.mark] = _add_counts(described, choice.mark, choice.features.values())
    flags = {name: flag for flag, name in described.flags.items()}
    reach = rows.reach
    return TaskAggregates(
        native=_native(rows, described.features),
        read={name: to_arrow_type(_type_of(rows, name), timezone="UTC") for name in _columns_read(rows, flags.values())},
        kept=tuple(kept_types(rows, flags)),
        flags=flags,
        outputs=tuple(rows.outputs(provenance)),
        marks=marks,
        anchor=rows.anchor,
        reach=NO_LIMIT if reach is None else reach // _MICROSECOND,
        cells_at_once=rows.cells_at_once,
    )


def kept_types(rows: AggregateRows, flags: Iterable[str]) -> dict[str, T.DataType]:
    """Return the columns of rows in force that the evaluation needs, with their types."""
    sequence = [rows.sequence] if rows.sequence else []
    columns = [name for each in rows.features.values() for name in each.columns]
    names = dict.fromkeys([*rows.key, *rows.entity_key, EVENT_TIME, AVAILABLE_AT, *sequence, *columns])
    kept = {name: _type_of(rows, name) for name in names}
    return {**kept, KNOWN: T.LongType(), UNTIL: T.LongType(), **{name: T.BooleanType() for name in flags}}


def output_fields(rows: AggregateRows, provenance: bool) -> list[T.StructField]:
    """Return the result columns with their types."""
    types = dict(rows.result_types)
    for name in rows.features:
        types |= dict(zip(provenance_names(name), (T.LongType(), T.TimestampType(), T.TimestampType()), strict=True))
    types |= {each.mark: T.LongType() for each in rows.choices if each.mark is not None}
    return [T.StructField(name, types[name]) for name in rows.outputs(provenance)]


def _native(rows: AggregateRows, features: Iterable[NativeFeature]) -> NativeAggregates:
    return NativeAggregates(
        name=rows.name,
        key=rows.key,
        entity_key=rows.entity_key,
        one_event_per=rows.one_event_per,
        sequence=rows.sequence,
        keeps_all=rows.keeps_all,
        earlier=0 if rows.boundary == "inclusive" else 1,
        fresh_until=None if rows.fresh_until is None else micros_of(rows.fresh_until),
        features=tuple(features),
    )


def _add_provenance(described: _Description, name: str, aggregate: Aggregate) -> None:
    """Add the number of rows that a feature counts, and their newest times."""
    plain = replace(aggregate, operation="count", column=None, by=None, n=None, skip_null=True, condition=None)
    needed = aggregate.columns_needed
    if isinstance(aggregate.window, LastRows):
        # A window of rows is filled before rows with NULL are skipped. So its newest times may be those of a skipped row.
        plain, needed = replace(plain, column=needed[0] if needed else None), ()
    count, event, known = provenance_names(name)
    described.add(count, plain, T.LongType(), needed)
    for column, moment in ((event, EVENT_TIME), (known, AVAILABLE_AT)):
        described.add(column, replace(plain, operation="max", column=moment), T.TimestampType(), needed)


def _add_counts(described: _Description, mark: str, aggregates: Iterable[Aggregate]) -> tuple[str, ...]:
    """Add a count for each window and condition among the aggregates, whatever is computed from their rows."""
    counts: dict[Aggregate, str] = {}
    for each in aggregates:
        plain = replace(each, operation="count", column=None, by=None, n=None, skip_null=True, condition=None, most=100)
        if plain not in counts:
            counts[plain] = described.add(f"{mark}_{len(counts)}", plain, T.LongType())
    return tuple(counts.values())


def _columns_read(rows: AggregateRows, flags: Iterable[RowFlag]) -> list[str]:
    sequence = [rows.sequence] if rows.sequence else []
    columns = [name for each in rows.features.values() for name in each.columns]
    conditions = [name for flag in flags for name in flag.columns]
    tombstone = [TOMBSTONE] if rows.has_tombstones or rows.stored is not None else []
    times = [EVENT_TIME, AVAILABLE_AT]
    named = [*rows.entity_key, *rows.key, *rows.one_event_per, *times, *sequence, *columns, *conditions, *tombstone]
    return list(dict.fromkeys(named))


def _type_of(rows: AggregateRows, name: str) -> T.DataType:
    return T.BooleanType() if name == TOMBSTONE else rows.column_types[name]
