"""What a source is: files of a declared form, which nothing is inferred about."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from pyspark.sql import types as T

from tidegate.declared_names import require_column_names, require_distinct, require_name
from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError
from tidegate.expectations import BatchExpectation, Expectation
from tidegate.expectations.row_checks import require_expectations, require_known_columns
from tidegate.names import require_free_names
from tidegate.period import require_zone
from tidegate.schema import Field, require_declared, require_share, subject_names
from tidegate.sources.formats.declared import Csv, Delta, Format, Parquet
from tidegate.sources.time_patterns import moment_format_fault, names_zone, pattern_faults

_NAME = re.compile(r"^[a-z][a-z0-9_]*$")
_TEXT_TYPES = (T.StringType, T.BooleanType, T.DateType, T.TimestampType, T.DecimalType, T.DoubleType, T.FloatType)
_WHOLE_TYPES = (T.ByteType, T.ShortType, T.IntegerType, T.LongType)


@dataclass(frozen=True)
class StateFiles:
    """Each file holds all that the source held at a moment, which its name says.

    Attributes:
        moment: Regular expression whose first group is the moment in the file's name.
        moment_format: How it is written, as `datetime.strptime` reads it; UTC where it has no `%z`.
        scope: Fields of the entity key that are the same in all rows of a file, such as the season, where a file speaks of a
            part of the group only.

    Raises:
        DefinitionError: The expression has no group, or the format would lose a part of the moment.
    """

    moment: str = r"(\d{8}T\d{6}Z)"
    moment_format: str = "%Y%m%dT%H%M%SZ"
    scope: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_declared_types(self)
        try:
            groups = re.compile(self.moment).groups
        except re.error as error:
            raise DefinitionError(f"state files: moment {self.moment!r} is no regular expression: {error}.") from None
        if not groups:
            raise DefinitionError(f"state files: moment {self.moment!r} has no group; put the moment of the name in ( ).")
        fault = moment_format_fault(self.moment_format)
        if fault is not None:
            raise DefinitionError(f"state files: moment_format {self.moment_format!r}: {fault}.")

    def moment_of(self, name: str) -> datetime | None:
        """Return the moment in a file's name; None where there is none."""
        found = re.search(self.moment, name)
        try:
            read = found and datetime.strptime(found.group(1), self.moment_format)  # noqa: DTZ007  # it gets UTC below
        except ValueError:
            return None
        return read and (read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC))


@dataclass(frozen=True)
class Source:
    """Files of a declared form in a folder, loaded once each.

    Attributes:
        name: Name of the source, lower case.
        fields: The columns of a file, by the names that transformations use.
        format: How the files are written.
        zone: Zone of times without one, such as `Europe/Warsaw`; without it such times are held back.
        double_hours: What a time means that the clocks showed twice, when they were set back: it is held back, or it is the
            earlier or the later one. A time that they never showed is held back.
        patterns: How times and days of a field are written where not by ISO 8601, in Spark's letters: `M/d/yyyy H:mm`. A pattern
            that would lose a part of a text is refused, such as one with a quoted `'Z'` or an hour of twelve without `a`.
        required: Fields that always hold a value.
        contents: Whether the files hold changes, or each a state; None: changes.
        subject: Field that names the natural person whose data a row holds, or several fields where a row holds several persons;
            of a row with several persons that is held back, only the place is kept, and not its text.
        expectations: What is to hold of every row.
        batch_expectations: What is to hold of all new files together.
        changed_files: What to do where a file that was loaded has another size or time now: stop, or load it again.
        vanished_files: What to do where a file that was loaded is gone: stop, or say it and go on.
        may_hold_back: Share of the rows of a batch, 0 to 1, that may be held back. A batch with more of them is refused whole,
            and its files count as not loaded; one row alone never stops a batch. 1.0: any number is held back.
        headers: What the files call a field where not by its own name: {"max_temperature": "Temp. Max"}. A name in a file can be
            any text; a field is a column, and some texts can't be the name of one.

    Raises:
        DefinitionError: A name is not among the fields, a type can't be read from text, a zone is none, or a share is none.
    """

    name: str
    fields: tuple[Field, ...]
    format: Format
    zone: str | None = None
    double_hours: Literal["refuse", "earlier", "later"] = "refuse"
    patterns: Mapping[str, str] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    contents: StateFiles | None = None
    subject: str | tuple[str, ...] | None = None
    expectations: tuple[Expectation, ...] = ()
    batch_expectations: tuple[BatchExpectation, ...] = ()
    changed_files: Literal["refuse", "reload"] = "refuse"
    vanished_files: Literal["refuse", "accept"] = "refuse"
    may_hold_back: float = 0.5
    headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require_declared_types(self)
        require_name(self.name, "source")
        if not _NAME.match(self.name):
            raise DefinitionError(f"source {self.name!r}: a name is lower case, such as 'weather_hourly'.")
        lists = {"required": self.required, "patterns": tuple(self.patterns), "headers": tuple(self.headers)}
        lists |= {"subject": self.subjects}
        lists |= {"contents.scope": self.contents.scope if self.contents else ()}
        if isinstance(self.format, Csv) and self.format.wide:
            lists |= {"wide": self.format.wide.names}
        if isinstance(self.format, Delta):
            lists |= {"key": self.format.key}
        for role, names in lists.items():
            require_declared(names, self.fields, role, f"source {self.name!r}")
        if self.contents is not None and isinstance(self.format, Delta):
            raise DefinitionError(f"source {self.name!r}: contents are of files; of a Delta table say Delta(read='versions').")
        require_share(self.may_hold_back, "may_hold_back", f"source {self.name!r}")
        self._require_types()
        self._require_patterns()
        self._require_headers()
        self._require_zone()
        require_expectations(self.expectations, f"source {self.name!r}")
        require_known_columns((*self.expectations, *self.batch_expectations), self.names, f"source {self.name!r}")
        beside = [each.name for each in self.batch_expectations if each.relation is not None]
        if beside:
            raise DefinitionError(
                f"source {self.name!r}: {'; '.join(beside)}: what looks at the store is expected of the feature group; move it "
                "to the group's batch_expectations."
            )

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the fields, in the order of the file."""
        return tuple(each.name for each in self.fields)

    @property
    def file_names(self) -> dict[str, str]:
        """What the files call each field, in their order."""
        return {name: self.headers.get(name, name) for name in self.names}

    @property
    def subjects(self) -> tuple[str, ...]:
        """The fields that name a person each; empty where there is none."""
        return subject_names(self.subject)

    @property
    def holds_states(self) -> bool:
        """Whether a batch of the source is all that it held at a moment."""
        return self.contents is not None or (isinstance(self.format, Delta) and self.format.read == "versions")

    @property
    def quarantine_name(self) -> str:
        """The name of the quarantine of rows that can't be read or are not as expected."""
        return f"source_{self.name}"

    def _require_types(self) -> None:
        if not self.names:
            raise DefinitionError(f"source {self.name!r}: it has no fields; name the columns of its files.")
        require_free_names(self.names, f"source {self.name!r}")
        try:
            require_column_names(self.names, f"source {self.name!r}")
        except DefinitionError as error:
            hint = " Where the files call it so, say so in `headers`: headers={'its_name_here': 'its name in the files'}."
            raise DefinitionError(f"{error}{hint}") from None
        if isinstance(self.format, Parquet | Delta):
            self._require_moments()
            return
        for each in self.fields:
            if not isinstance(each.type, (*_TEXT_TYPES, *_WHOLE_TYPES)):
                raise DefinitionError(
                    f"source {self.name!r}: {each.name} is {each.type.simpleString()}, which can't be read from a line of text; "
                    "declare numbers, text, boolean, date or timestamp, or take Parquet."
                )

    def _require_moments(self) -> None:
        naive = [each.name for each in self.fields if isinstance(each.type, T.TimestampNTZType)]
        if naive and self.zone is None:
            raise DefinitionError(
                f"source {self.name!r}: {', '.join(naive)} is declared timestamp_ntz, times without a zone; declare the zone "
                "that they are of, such as zone='Europe/Warsaw' (or 'UTC'), and the field as timestamp."
            )

    def _require_patterns(self) -> None:
        kinds = {each.name: each.type for each in self.fields}
        for name, pattern in self.patterns.items():
            where, kind = f"source {self.name!r}: the pattern {pattern!r} of {name}", kinds[name]
            if isinstance(self.format, Parquet | Delta):
                raise DefinitionError(
                    f"{where}: patterns are of texts; the columns of Parquet and Delta have types. Leave it out."
                )
            if not isinstance(kind, T.TimestampType | T.DateType):
                raise DefinitionError(f"{where}: {name} is {kind.simpleString()}; patterns are of times and days. Leave it out.")
            faults = pattern_faults(pattern, isinstance(kind, T.DateType))
            if not faults and isinstance(kind, T.TimestampType) and self.zone is None and not names_zone(pattern):
                faults = ["it names no zone, and the source declares none: every row would be held back; declare zone"]
            if faults:
                raise DefinitionError(f"{where}: {'; '.join(faults)}.")

    def _require_headers(self) -> None:
        where = f"source {self.name!r}: headers"
        if self.headers and isinstance(self.format, Delta):
            raise DefinitionError(
                f"{where}: a field of a Delta table has the column's own name; rename it in the transformation."
            )
        if self.headers and isinstance(self.format, Csv) and (self.format.wide or not self.format.header):
            raise DefinitionError(f"{where}: no line of these files names the fields; leave headers out.")
        if not all(self.headers.values()):
            raise DefinitionError(f"{where}: a name is empty; give the one that the files have.")
        require_distinct(self.file_names.values(), where, "each field has a name of its own in the files")

    def _require_zone(self) -> None:
        if self.zone is not None:
            require_zone(self.zone, f"source {self.name!r}")
