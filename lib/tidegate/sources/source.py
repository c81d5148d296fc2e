"""The declaration of a source: where its files are, and how they are written. Nothing is inferred from the files."""

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
from tidegate.sources.formats.format import FileFormat
from tidegate.sources.local_times import DoubleHours
from tidegate.sources.time_patterns import moment_format_fault, names_zone, pattern_faults

_NAME = re.compile(r"^[a-z][a-z0-9_]*$")


@dataclass(frozen=True)
class StateFiles:
    """Declares that each file contains everything that the source contained at one moment. The file's name has the moment.

    Attributes:
        moment: A regular expression whose first group is the moment in the file's name.
        moment_format: The format of the moment, as `datetime.strptime` reads it. A moment without `%z` is in UTC.
        scope: Fields of the entity key that have the same value in all rows of a file, such as the season. Declare them if a file
            contains only a part of the feature group.

    Raises:
        DefinitionError: The expression is not valid or has no group, or the format would lose a part of the moment.
    """

    moment: str = r"(\d{8}T\d{6}Z)"
    moment_format: str = "%Y%m%dT%H%M%SZ"
    scope: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_declared_types(self)
        try:
            groups = re.compile(self.moment).groups
        except re.error as error:
            raise DefinitionError(f"state files: moment {self.moment!r} is not a regular expression: {error}.") from None
        if not groups:
            raise DefinitionError(f"state files: moment {self.moment!r} has no group; put the part with the moment in ( ).")
        fault = moment_format_fault(self.moment_format)
        if fault is not None:
            raise DefinitionError(f"state files: moment_format {self.moment_format!r}: {fault}.")

    def moment_of(self, name: str) -> datetime | None:
        """Return the moment in a file's name, in UTC; None if the name has none."""
        found = re.search(self.moment, name)
        try:
            read = found and datetime.strptime(found.group(1), self.moment_format)  # noqa: DTZ007  # it gets UTC below
        except ValueError:
            return None
        return read and (read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC))


@dataclass(frozen=True)
class Source:
    """Files in a folder, or a Delta table, with declared columns. Each file is loaded once.

    Attributes:
        name: The name of the source: lower-case letters, digits and underscores.
        fields: The columns of a file, with the names that transformations use.
        format: The format of the files.
        zone: The time zone of times that are written without one, such as `Europe/Warsaw`. If it is not declared, rows with such
            times are quarantined.
        double_hours: How to read a time that the clocks showed twice because they were set back: `refuse` quarantines the row,
            `earlier` and `later` choose one of the two moments. A row with a time that the clocks never showed is quarantined.
        patterns: For fields whose times or days are not written in ISO 8601, the pattern in Spark's letters, such as
            `M/d/yyyy H:mm`. A pattern that would lose a part of a text is refused, for example one with a quoted `'Z'` or with an
            hour of the 12-hour clock without `a`.
        required: The fields that must have a value. A row without one of them is quarantined.
        contents: None if the files contain changes; a StateFiles if each file contains a full state.
        subject: The field that names the natural person whose data is in a row, or several fields if a row has data of several
            persons. If such a row with several persons is quarantined, only its place is stored and not its text.
        expectations: The expectations that every row is checked against.
        batch_expectations: The expectations that all new files together are checked against.
        changed_files: What happens if a loaded file now has another size or time: `refuse` stops the load, `reload` loads the
            file again.
        vanished_files: What happens if a loaded file no longer exists: `refuse` stops the load, `accept` reports it and goes on.
        may_hold_back: The share of a batch's rows, 0 to 1, that may be quarantined. A batch with a larger share is refused, and
            its files count as not loaded. One row alone never stops a batch. With 1.0, any number of rows may be quarantined.
        headers: For fields with another name in the files, that name: {"max_temperature": "Temp. Max"}. A name in a file can be
            any text, but some texts can't be the name of a column.
        folder: The folder with the files, or the Delta table: a path in the landing zone, or any URI that Spark can read. Files
            in its subfolders are loaded too. None: the name of the source.
        by_day: Whether the files are in folders with the names of days, such as `day=2013-10-01`. Then a run can choose days. The
            days are those of `zone`, or of UTC if no zone is declared.
        expected: The names of files that must be in the folder, such as one for each year.
        key: The fields that name what a row describes. A source whose rows are stored as they are needs them.
        event_time: The field with the time when the row was true; None: a timestamp of this name, or the step computes it.
        available_at: The field with the time when the row became known; None: a timestamp of this name. Without it, the row is
            known from the arrival of its batch, or from its event time plus the delay of the feature group.

    Raises:
        DefinitionError: A role names a column that is not among the fields, the format can't read the type of a field, or an
            option has a value that is not allowed. The message names the option and the value.
    """

    name: str
    fields: tuple[Field, ...]
    format: FileFormat
    zone: str | None = None
    double_hours: DoubleHours = "refuse"
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
    folder: str | None = None
    by_day: bool = False
    expected: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    event_time: str | None = None
    available_at: str | None = None

    def __post_init__(self) -> None:
        require_declared_types(self)
        require_name(self.name, "source")
        if not _NAME.match(self.name):
            raise DefinitionError(
                f"source {self.name!r}: a name consists of lower-case letters, digits and underscores, such as 'weather_hourly'."
            )
        lists = {"required": self.required, "patterns": tuple(self.patterns), "headers": tuple(self.headers)}
        lists |= {"subject": self.subjects, "key": self.key, **{role: (name,) for role, name in self.times.items()}}
        lists |= {"contents.scope": self.contents.scope if self.contents else ()}
        lists |= self.format.option_fields
        for role, names in lists.items():
            require_declared(names, self.fields, role, f"source {self.name!r}")
        require_share(self.may_hold_back, "may_hold_back", f"source {self.name!r}")
        self._require_names()
        self.format.check_source(self)
        self._require_patterns()
        self._require_times()
        self._require_headers()
        self._require_zone()
        require_expectations(self.expectations, f"source {self.name!r}")
        require_known_columns((*self.expectations, *self.batch_expectations), self.names, f"source {self.name!r}")
        beside = [each.name for each in self.batch_expectations if each.relation is not None]
        if beside:
            raise DefinitionError(
                f"source {self.name!r}: {'; '.join(beside)}: an expectation that compares a batch with the store belongs to the "
                "feature group; move it to the group's batch_expectations."
            )

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the fields, in the order of the file."""
        return tuple(each.name for each in self.fields)

    @property
    def file_names(self) -> dict[str, str]:
        """The name of each field in the files, by the name of the field."""
        return {name: self.headers.get(name, name) for name in self.names}

    @property
    def subjects(self) -> tuple[str, ...]:
        """The fields that name people; empty if there are none."""
        return subject_names(self.subject)

    @property
    def times(self) -> dict[str, str]:
        """The fields with `event_time` and `available_at`, by these names. A timestamp of such a name needs no declaration."""
        moments = {each.name for each in self.fields if isinstance(each.type, T.TimestampType)}
        declared = {"event_time": self.event_time, "available_at": self.available_at}
        named = {role: role if name is None and role in moments else name for role, name in declared.items()}
        return {role: name for role, name in named.items() if name is not None}

    @property
    def holds_states(self) -> bool:
        """Whether each batch of the source contains everything that the source contained at one moment."""
        return self.contents is not None or self.format.delivery.holds_states

    @property
    def quarantine_name(self) -> str:
        """The name of the quarantine for rows that can't be read or that break an expectation."""
        return f"source_{self.name}"

    def _require_names(self) -> None:
        if not self.names:
            raise DefinitionError(f"source {self.name!r}: it has no fields; declare the columns of its files.")
        require_free_names(self.names, f"source {self.name!r}")
        try:
            require_column_names(self.names, f"source {self.name!r}")
        except DefinitionError as error:
            hint = " If the files use this name, give the field another one: headers={'its_name_here': 'its name in the files'}."
            raise DefinitionError(f"{error}{hint}") from None

    def _require_patterns(self) -> None:
        kinds = {each.name: each.type for each in self.fields}
        for name, pattern in self.patterns.items():
            where, kind = f"source {self.name!r}: the pattern {pattern!r} of {name}", kinds[name]
            if not isinstance(kind, T.TimestampType | T.DateType):
                raise DefinitionError(
                    f"{where}: {name} is {kind.simpleString()}; patterns are only for times and days. Leave it out."
                )
            faults = pattern_faults(pattern, isinstance(kind, T.DateType))
            if not faults and isinstance(kind, T.TimestampType) and self.zone is None and not names_zone(pattern):
                faults = ["it names no zone, and the source declares none, so every row would be quarantined; declare `zone`"]
            if faults:
                raise DefinitionError(f"{where}: {'; '.join(faults)}.")

    def _require_times(self) -> None:
        kinds = {each.name: each.type for each in self.fields}
        for role, name in self.times.items():
            if not isinstance(kinds[name], T.TimestampType):
                raise DefinitionError(
                    f"source {self.name!r}: {role} names {name}, which is {kinds[name].simpleString()}. Name a timestamp, or "
                    f"compute {role} in the step."
                )

    def _require_headers(self) -> None:
        where = f"source {self.name!r}: headers"
        if not all(self.headers.values()):
            raise DefinitionError(f"{where}: a name is empty; give the name that the files use.")
        require_distinct(self.file_names.values(), where, "each field has a name of its own in the files")

    def _require_zone(self) -> None:
        if self.zone is not None:
            require_zone(self.zone, f"source {self.name!r}")
