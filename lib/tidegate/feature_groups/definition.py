"""The definition of a feature group: a versioned table of features of one entity."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from pyspark.sql import types as T

from tidegate.declared_names import require_column_names, require_distinct, require_name, require_nested_names
from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError
from tidegate.expectations import BatchExpectation, Expectation
from tidegate.expectations.relations import Change
from tidegate.expectations.row_checks import require_expectations, require_known_columns
from tidegate.names import require_free_names
from tidegate.schema import SORTABLE, Field, require_declared, require_share, struct_type, subject_names
from tidegate.subjects.identity import require_identifier

EVENT_TIME = "event_time"
AVAILABLE_AT = "available_at"
TIME_COLUMNS = (EVENT_TIME, AVAILABLE_AT)
# The store adds two columns to a table. The first is true if the row is a tombstone: from its `available_at` on, the row of this
# key and event_time no longer holds. The second is the number of the part (bucket) of the table that contains the row.
TOMBSTONE = "_tombstone"
BUCKET = "_bucket"

# The number of rows that a bucket should hold. A bucket of this size is small enough to be rewritten and joined in one go.
ROWS_PER_BUCKET = 1_000_000
MOST_BUCKETS = 4_096

_WHERE_STORED = (
    "If a table is already stored under such a name, ./spark-submit.sh jobs/maintain.py --system SYSTEM --migrate renames it in "
    "the same way."
)


@dataclass(frozen=True)
class FeatureGroup:
    """A versioned Delta table of features of one entity. Labels and the spine of a view are feature groups too.

    In addition to its fields, every group has `event_time` (when the described thing was true) and `available_at` (when the value
    became known), both UTC timestamps.

    Attributes:
        name: Name in the store: letters from a to z, digits, _ and -.
        version: Version of the definition, from 1. `FeatureStore.catalog.evolve` can add columns to the table and widen types.
            Every other change of the columns needs a new version, which has its own table. So does a change that should also
            apply to the rows that are already stored.
        entity_key: The columns that name the entity that a row describes.
        fields: The columns of the entity key and the features, with type, meaning and unit. A name must not contain a blank, a
            dot, a quote or one of `,;{}()=`. A field inside a struct may have dots and quotes. Two names must not differ only
            in upper and lower case.
        description: What the group holds, in words.
        subject: The column that names the natural person whose data a row holds. A tuple of columns if a row holds data of
            several persons, such as rider and driver. None if no column names a person. A row is deleted as soon as any of its
            persons is forgotten.
        personal: Further columns with personal values. They are allowed only together with a subject, because otherwise nobody
            could find the rows of a person who is to be forgotten.
        delay: How long after its event_time a value becomes known. It is used for rows that have no `available_at`.
        sequence: The column that orders rows of the same key, event_time and available_at. Without it, the store refuses a
            batch with such rows if their values differ.
        history: "latest" keeps the newest observation of each entity key and event_time. "all" keeps every observation, so
            that the table can be read as it was known at any moment.
        retention: The command `maintain` deletes rows whose event_time is older than this for good. None keeps them.
        collapse_after: Only for history="all". The command `maintain` deletes observations that became known longer ago than this
            and only repeat the value that was known before them. After that, the values known up to then are settled: the store
            refuses a row with an earlier available_at that would change them. None keeps every observation.
        expected_rows: Roughly how many rows the table will hold. The number of its parts (buckets) depends on it.
        owner: The team or role to ask about the group. The catalog shows it to everybody, so don't put private data here.
        expectations: What the store checks of every row that it writes. A condition can use the fields, event_time and
            available_at.
        batch_expectations: What the store checks of every batch as a whole.
        may_hold_back: The largest share of the rows of a batch, 0 to 1, that may go to the quarantine. The store refuses a
            whole batch with a larger share. A single row never stops a batch. 1.0 allows any number of rows.
        immutable: Whether the rows are events that never change. The store then refuses a batch that would change a stored row
            or that has tombstones. A row that repeats the stored values changes nothing, not even its `available_at`.

    Raises:
        DefinitionError: An attribute does not have its declared type; a name can't be stored, is not declared as a field, or is
            reserved for tidegate; there are personal columns but no subject; the `since` of a field is a version that the group
            has not reached; or a time span is not allowed.
    """

    name: str
    version: int
    entity_key: tuple[str, ...]
    fields: tuple[Field, ...]
    description: str
    subject: str | tuple[str, ...] | None = None
    personal: tuple[str, ...] = ()
    delay: timedelta = timedelta(0)
    sequence: str | None = None
    history: Literal["latest", "all"] = "latest"
    retention: timedelta | None = None
    collapse_after: timedelta | None = None
    expected_rows: int = 0
    owner: str = ""
    expectations: tuple[Expectation, ...] = ()
    batch_expectations: tuple[BatchExpectation, ...] = ()
    may_hold_back: float = 0.5
    immutable: bool = False

    def __post_init__(self) -> None:
        require_declared_types(self)
        require_name(self.name, "feature group", _WHERE_STORED)
        self._require_columns()
        named = {"entity_key": self.entity_key, "personal": self.personal}
        named |= {"subject": self.subjects, "sequence": (self.sequence,) if self.sequence else ()}
        for role, names in named.items():
            require_declared(names, self.fields, role, f"feature group {self.name!r}")
        for name in self.subjects:
            require_identifier(name, self.schema[name].dataType, f"feature group {self.name!r}")
        if not self.entity_key:
            raise DefinitionError(f"feature group {self.name!r}: entity_key is empty; name at least one column.")
        if self.personal and not self.subjects:
            raise DefinitionError(
                f"feature group {self.name!r}: personal columns {', '.join(self.personal)} need a declared subject. Without "
                "it, nobody could find the rows of a person who is to be forgotten. Set subject to the column with the person."
            )
        if self.history not in ("latest", "all"):
            raise DefinitionError(f"feature group {self.name!r}: history is {self.history!r}. Set it to 'latest' or 'all'.")
        require_share(self.may_hold_back, "may_hold_back", f"feature group {self.name!r}")
        self._require_numbers()
        self._require_reached_versions()
        self._require_spans()
        self._require_immutable()
        require_expectations(self.expectations, f"feature group {self.name!r}")
        expected: tuple[Expectation | BatchExpectation, ...] = (*self.expectations, *self.batch_expectations)
        require_known_columns(expected, self.schema.names, f"feature group {self.name!r}")
        self._require_measures()

    @property
    def full_name(self) -> str:
        """Name and version, such as `weather_v1`. The folder of the table has this name."""
        return f"{self.name}_v{self.version}"

    @property
    def field_names(self) -> tuple[str, ...]:
        """The names of all declared fields: the entity key and the features."""
        return tuple(field.name for field in self.fields)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the fields that are not part of the entity key."""
        return tuple(name for name in self.field_names if name not in self.entity_key)

    @property
    def schema(self) -> T.StructType:
        """The Spark schema of the rows that callers write and read: the fields, event_time and available_at."""
        times = [T.StructField(name, T.TimestampType()) for name in TIME_COLUMNS]
        return T.StructType([*struct_type(self.fields).fields, *times])

    @property
    def stored_schema(self) -> T.StructType:
        """The Spark schema of the stored table: `schema` and the columns that the store adds."""
        added = [T.StructField(TOMBSTONE, T.BooleanType()), T.StructField(BUCKET, T.IntegerType())]
        return T.StructType([*self.schema.fields, *added])

    @property
    def buckets(self) -> int:
        """The number of buckets of a new table, a power of two. An existing table keeps the number that it was created with."""
        wanted = max(1, self.expected_rows // ROWS_PER_BUCKET)
        return min(MOST_BUCKETS, 1 << (wanted - 1).bit_length())

    @property
    def observation_key(self) -> tuple[str, ...]:
        """The columns that identify a stored row: key and event_time, and with `history="all"` also available_at."""
        return (*self.entity_key, EVENT_TIME, *((AVAILABLE_AT,) if self.history == "all" else ()))

    @property
    def subjects(self) -> tuple[str, ...]:
        """The columns that each name a person; empty if the group has no subject."""
        return subject_names(self.subject)

    @property
    def personal_columns(self) -> tuple[str, ...]:
        """The subject columns and all other columns with personal values."""
        return tuple(dict.fromkeys((*self.subjects, *self.personal)))

    def _require_columns(self) -> None:
        where = f"feature group {self.name!r}"
        require_column_names(self.field_names, where)
        require_free_names(self.field_names, where, taken=TIME_COLUMNS)
        for field in self.fields:
            require_nested_names(field.type, f"{where}: {field.name}")
            if field.name in (*self.entity_key, self.sequence) and not isinstance(field.type, SORTABLE):
                raise DefinitionError(
                    f"{where}: {field.name} is {field.type.simpleString()}. A column of an entity key or a sequence must "
                    "have a type that can be sorted: numbers, texts, days, times, bytes or booleans."
                )
        require_distinct(self.entity_key, f"{where}: entity_key", "name each column once")

    def _require_measures(self) -> None:
        changes = [each.relation for each in self.batch_expectations if isinstance(each.relation, Change)]
        columns = tuple(change.column for change in changes if change.column is not None)
        require_declared(columns, self.fields, "batch_expectations", f"feature group {self.name!r}")
        numbers = {field.name for field in self.fields if isinstance(field.type, T.NumericType)}
        without_mean = sorted(
            each.column for each in changes if each.measure == "mean" and each.column and each.column not in numbers
        )
        if without_mean:
            raise DefinitionError(f"feature group {self.name!r}: {', '.join(without_mean)} holds no numbers, so it has no mean.")
        personal = sorted({*columns} & {*self.personal_columns})
        if personal:
            raise DefinitionError(
                f"feature group {self.name!r}: a change of {', '.join(personal)} can't be expected: no statistics are kept of "
                "personal columns. Remove this expectation."
            )

    def _require_reached_versions(self) -> None:
        for field in self.fields:
            if field.since is not None and not 1 <= field.since <= self.version:
                raise DefinitionError(
                    f"feature group {self.name!r}: field {field.name} has since={field.since}, but this is version "
                    f"{self.version}. Set `since` to a version from 1 to this one."
                )

    def _require_numbers(self) -> None:
        if self.version < 1:
            raise DefinitionError(f"feature group {self.name!r}: version is {self.version}. Versions begin with 1.")
        if self.expected_rows < 0:
            raise DefinitionError(f"feature group {self.name!r}: expected_rows is {self.expected_rows}. Give 0 or more.")
        if self.delay < timedelta(0):
            raise DefinitionError(
                f"feature group {self.name!r}: delay is {self.delay}, but no value is known before its event. Give 0 or more."
            )

    def _require_spans(self) -> None:
        for role, span in (("retention", self.retention), ("collapse_after", self.collapse_after)):
            if span is not None and span <= timedelta(0):
                raise DefinitionError(f"feature group {self.name!r}: {role} is {span}. Give a time span longer than 0.")
        if self.collapse_after is not None and (self.history != "all" or self.sequence):
            raise DefinitionError(
                f"feature group {self.name!r}: collapse_after is for history='all' without a sequence, because only such a group "
                "stores rows that repeat the value known before. Remove collapse_after, or change the other two."
            )

    def _require_immutable(self) -> None:
        given = {"history='all'": self.history == "all", f"sequence={self.sequence!r}": self.sequence is not None}
        wrong = [text for text, is_given in given.items() if is_given]
        if self.immutable and wrong:
            raise DefinitionError(
                f"feature group {self.name!r}: immutable=True and {' and '.join(wrong)} exclude each other. An immutable event "
                "has one row whose values never change, so there is no history to keep and nothing to order. Remove one of them."
            )
