"""What a feature group is: a versioned table of features of one entity."""

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
from tidegate.schema import Field, require_declared, require_share, struct_type, subject_names
from tidegate.subjects.identity import require_identifier

EVENT_TIME = "event_time"
AVAILABLE_AT = "available_at"
TIME_COLUMNS = (EVENT_TIME, AVAILABLE_AT)
# Added by the store: whether a row says that its event no longer holds, and which part of the table it lies in.
TOMBSTONE = "_tombstone"
BUCKET = "_bucket"

# Rows that one bucket is meant to hold: small enough to be rewritten and joined at once.
ROWS_PER_BUCKET = 1_000_000
MOST_BUCKETS = 4_096

# Types by whose values rows can be found and sorted.
_ORDERED = (T.NumericType, T.StringType, T.BinaryType, T.BooleanType, T.DateType, T.TimestampType, T.TimestampNTZType)

_WHERE_STORED = (
    "Where a table is stored by such a name, ./spark-submit.sh jobs/maintain.py --system SYSTEM --migrate renames it in the same "
    "way."
)


@dataclass(frozen=True)
class FeatureGroup:
    """A versioned Delta table of features of one entity, also used for labels and for the spine of a view.

    Besides its fields every group has `event_time` (when the described thing was true) and `available_at` (when the value
    became known), both UTC timestamps.

    Attributes:
        name: Name in the store: letters from a to z, digits, _ and -.
        version: Version of the definition, from 1. Added columns and wider types can be had by `evolve`; any other change of the
            columns, and one that stored rows should take part in, is a new version with a table of its own.
        entity_key: The columns that name what a row describes.
        fields: Entity key and features, with type, meaning and unit. A name has no blank, dot, quote or one of `,;{}()=`, also
            inside a struct, and differs from the others not only in upper and lower case.
        description: What the group holds, for people.
        subject: The column that names the natural person whose data a row holds, or a tuple of columns where a row holds data
            of several persons, such as rider and driver; None where there is none. A row goes when any of them is forgotten.
        personal: Further columns with personal values; only allowed with a subject, so that they can be forgotten.
        delay: How long after event_time a value becomes known, for rows that come without `available_at`.
        sequence: Column that orders rows of equal key, event_time and available_at; without one such rows are an error.
        history: "latest" keeps the newest observation of each entity key and event_time; "all" keeps every observation, so
            that the table can be read as it was known at any moment.
        retention: Rows whose event_time is older than this are removed for good by maintenance; None: they stay.
        collapse_after: For history="all": observations that are known for longer than this and only repeat the value known
            before are removed by maintenance. What was known up to then is settled: rows known earlier that say something
            else are refused from then on. None: every observation stays.
        expected_rows: How many rows it will hold, roughly; it decides in how many parts (buckets) the table is made.
        owner: Team or role to ask about the group; the catalog shows it to everybody, so no private data of a person.
        expectations: What is to hold of every row that is written; columns: the fields, event_time, available_at.
        batch_expectations: What is to hold of every batch as a whole.
        may_hold_back: Share of the rows of a batch, 0 to 1, that may be held back. A batch with more of them is refused whole;
            one row alone never stops a batch. 1.0: any number is held back.

    Raises:
        DefinitionError: An attribute is of another type than declared; a name can't be stored, is not declared as a field, or
            belongs to tidegate; personal columns come without a subject; a field is said to be there since a version that the
            group has not reached; or a span doesn't fit.
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
                f"feature group {self.name!r}: personal columns {', '.join(self.personal)} need a declared subject, "
                "or a person could not be forgotten. Set subject to the column that names the person."
            )
        if self.history not in ("latest", "all"):
            raise DefinitionError(f"feature group {self.name!r}: history is {self.history!r}; it is 'latest' or 'all'.")
        require_share(self.may_hold_back, "may_hold_back", f"feature group {self.name!r}")
        self._require_numbers()
        self._require_reached_versions()
        self._require_spans()
        require_expectations(self.expectations, f"feature group {self.name!r}")
        expected: tuple[Expectation | BatchExpectation, ...] = (*self.expectations, *self.batch_expectations)
        require_known_columns(expected, self.schema.names, f"feature group {self.name!r}")
        self._require_measures()

    @property
    def full_name(self) -> str:
        """Name and version, as used for the table's folder."""
        return f"{self.name}_v{self.version}"

    @property
    def field_names(self) -> tuple[str, ...]:
        """Names of the declared fields: entity key and features."""
        return tuple(field.name for field in self.fields)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the fields that are not part of the entity key."""
        return tuple(name for name in self.field_names if name not in self.entity_key)

    @property
    def schema(self) -> T.StructType:
        """Spark schema of the rows that are written and read: fields, event_time, available_at."""
        times = [T.StructField(name, T.TimestampType()) for name in TIME_COLUMNS]
        return T.StructType([*struct_type(self.fields).fields, *times])

    @property
    def stored_schema(self) -> T.StructType:
        """Spark schema of the stored table: the rows' own and what the store adds."""
        added = [T.StructField(TOMBSTONE, T.BooleanType()), T.StructField(BUCKET, T.IntegerType())]
        return T.StructType([*self.schema.fields, *added])

    @property
    def buckets(self) -> int:
        """In how many parts a new table is made, a power of two; an existing table keeps its own number."""
        wanted = max(1, self.expected_rows // ROWS_PER_BUCKET)
        return min(MOST_BUCKETS, 1 << (wanted - 1).bit_length())

    @property
    def observation_key(self) -> tuple[str, ...]:
        """The columns that name a stored row."""
        return (*self.entity_key, EVENT_TIME, *((AVAILABLE_AT,) if self.history == "all" else ()))

    @property
    def subjects(self) -> tuple[str, ...]:
        """The columns that name a person each; empty where there is none."""
        return subject_names(self.subject)

    @property
    def personal_columns(self) -> tuple[str, ...]:
        """The subject columns and the further personal ones."""
        return tuple(dict.fromkeys((*self.subjects, *self.personal)))

    def _require_columns(self) -> None:
        where = f"feature group {self.name!r}"
        require_column_names(self.field_names, where)
        require_free_names(self.field_names, where, taken=TIME_COLUMNS)
        for field in self.fields:
            require_nested_names(field.type, f"{where}: {field.name}")
            if field.name in (*self.entity_key, self.sequence) and not isinstance(field.type, _ORDERED):
                raise DefinitionError(
                    f"{where}: {field.name} is {field.type.simpleString()}; an entity key and a sequence are numbers, texts, "
                    "days, times, bytes or booleans."
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
                "personal columns."
            )

    def _require_reached_versions(self) -> None:
        for field in self.fields:
            if field.since is not None and not 1 <= field.since <= self.version:
                raise DefinitionError(
                    f"feature group {self.name!r}: {field.name} is said to be there since version {field.since}, but this is "
                    f"version {self.version}; `since` lies between 1 and that."
                )

    def _require_numbers(self) -> None:
        if self.version < 1:
            raise DefinitionError(f"feature group {self.name!r}: version is {self.version}; versions begin with 1.")
        if self.expected_rows < 0:
            raise DefinitionError(f"feature group {self.name!r}: expected_rows is {self.expected_rows}; it is 0 or more.")
        if self.delay < timedelta(0):
            raise DefinitionError(
                f"feature group {self.name!r}: delay is {self.delay}; no value becomes known before its event. Give 0 or more."
            )

    def _require_spans(self) -> None:
        for role, span in (("retention", self.retention), ("collapse_after", self.collapse_after)):
            if span is not None and span <= timedelta(0):
                raise DefinitionError(f"feature group {self.name!r}: {role} is {span}; it is a span longer than nothing.")
        if self.collapse_after is not None and (self.history != "all" or self.sequence):
            raise DefinitionError(
                f"feature group {self.name!r}: collapse_after is for history='all' without a sequence: only there do rows "
                "repeat the value known before."
            )
