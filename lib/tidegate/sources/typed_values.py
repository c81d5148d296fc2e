"""Read texts as typed values. A text that can't be read to the last digit is a fault; it is never read as NULL or rounded."""

from collections.abc import Mapping
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.schema import Field
from tidegate.sources.formats.format import DeclaredSource
from tidegate.sources.local_times import LocalTime, with_steps
from tidegate.sources.time_patterns import names_zone

WHOLE = r"^[+-]?\d+$"
PLAIN_NUMBER = r"^[+-]?(?:\d+\.?\d*|\.\d+)$"
NUMBER = r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$"
NOT_FINITE = r"^(?:NaN|[+-]?Infinity)$"
DAY = r"^\d{4}-\d{2}-\d{2}$"
LOCAL_TIME = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6}0*)?)?$"
MOMENT = LOCAL_TIME[:-1] + r"(?:Z|[+-]\d{2}:\d{2})$"
# The form of `MOMENT` that Spark reads as it is.
_WITH_SECONDS = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:\.\d{1,6}0*)?(?:Z|[+-]\d{2}:\d{2})$"
_FINER = r":\d{2}\.\d{6}\d*[1-9]"
_MICROS_A_DAY = 86_400_000_000
# The forms of a text that should be a time.
_LOCAL, _WHOLE_MOMENT, _WITHOUT_SECONDS, _NO_TIME = 1, 2, 3, 4


@dataclass(frozen=True)
class Reading:
    """The result of reading a text as a typed value.

    Attributes:
        value: The value; NULL if the text is NULL or has a fault.
        fault: What is wrong with the text, in words that don't contain the text; NULL if nothing is.
    """

    value: Column
    fault: Column


@dataclass(frozen=True)
class _Steps:
    """The steps in which one field is read. Each step adds a column that is named by the number of the field."""

    source: DeclaredSource
    field: Field
    number: int

    @property
    def text(self) -> Column:
        return F.col(f"_text_{self.number}")

    @property
    def raw(self) -> Column:
        return F.col(f"_raw_{self.number}")

    @property
    def form(self) -> Column:
        return F.col(f"_form_{self.number}")

    @property
    def is_local(self) -> Column:
        return self.form == _LOCAL

    @property
    def pattern(self) -> str | None:
        return self.source.patterns.get(self.field.name)

    @property
    def local_time(self) -> LocalTime | None:
        """The conversion of a time without a zone; None if the field is not a timestamp or the source declares no zone."""
        if not isinstance(self.field.type, T.TimestampType) or self.source.zone is None:
            return None
        return LocalTime(f"_raw_{self.number}", self.source.zone, self.source.double_hours)


def with_readings(rows: DataFrame, source: DeclaredSource, texts: Mapping[str, Column]) -> tuple[DataFrame, dict[str, Reading]]:
    """Read the fields of a source from texts.

    Args:
        rows: The rows.
        source: The declaration of the fields.
        texts: The text column of each field to read, by the name of the field.

    Returns:
        The rows with the columns that the reading adds, and the value and the fault of each field by its name.
    """
    fields = [_Steps(source, field, number) for number, field in enumerate(source.fields) if field.name in texts]
    local = [step.local_time for step in fields if step.local_time is not None]
    read = with_steps(
        rows,
        {f"_text_{step.number}": texts[step.field.name] for step in fields},
        {f"_form_{step.number}": _form(step) for step in fields if isinstance(step.field.type, T.TimestampType)},
        {f"_raw_{step.number}": _raw(step) for step in fields},
        {name: column for time in local for name, column in time.candidates().items()},
        {name: column for time in local for name, column in time.checks().items()},
        {f"_fault_{step.number}": F.when(step.text.isNotNull(), _fault(step)) for step in fields},
    )
    return read, {step.field.name: _reading(step) for step in fields}


def _reading(step: _Steps) -> Reading:
    time, fault = step.local_time, F.col(f"_fault_{step.number}")
    value = step.raw if time is None else F.when(step.is_local, time.moment).otherwise(step.raw)
    return Reading(F.when(fault.isNull(), value), fault)


def _form(step: _Steps) -> Column:
    """Return the form in which a time is written; NULL if there is no text. One regular expression decides the usual case."""
    if step.pattern is not None:
        return F.lit(_WHOLE_MOMENT if names_zone(step.pattern) else _LOCAL)
    forms = {_WHOLE_MOMENT: _WITH_SECONDS, _LOCAL: LOCAL_TIME, _WITHOUT_SECONDS: MOMENT}
    if step.local_time is not None:
        forms = {_LOCAL: LOCAL_TIME, **forms}
    found = F.when(step.text.isNull(), F.lit(None))
    for form, written in forms.items():
        found = found.when(step.text.rlike(written), form)
    return found.otherwise(_NO_TIME)


def _raw(step: _Steps) -> Column:
    """Return the value that Spark reads from the text. A time without a zone is read as if it were in UTC."""
    kind, text, pattern = step.field.type, step.text, step.pattern
    if isinstance(kind, T.StringType):
        return text
    if pattern is not None and isinstance(kind, T.TimestampType | T.DateType):
        zoned = names_zone(pattern)
        moment = F.try_to_timestamp(text if zoned else F.concat(text, F.lit(" Z")), F.lit(pattern if zoned else f"{pattern} X"))
        if isinstance(kind, T.TimestampType):
            return moment
        micros = F.unix_micros(moment)
        # Spark divides doubles, which lose microseconds far from 1970. So the remainder of the day is subtracted first.
        days = (micros - F.pmod(micros, F.lit(_MICROS_A_DAY))) / F.lit(_MICROS_A_DAY)
        return F.date_from_unix_date(days.cast("int"))
    if isinstance(kind, T.TimestampType):
        # Spark does not read a zone directly after the minutes, so seconds are inserted.
        other = F.when(step.is_local, F.concat(text, F.lit("Z"))).when(step.form == _WITHOUT_SECONDS, text)
        with_seconds = F.regexp_replace(other, r"^(.{16})([Z+-])", "$1:00$2")
        return F.when(step.form == _WHOLE_MOMENT, text).otherwise(with_seconds).try_cast("timestamp")
    return text.try_cast(kind)


def _fault(step: _Steps) -> Column:
    kind, text, raw = step.field.type, step.text, step.raw
    if isinstance(kind, T.TimestampType):
        return _time_fault(step)
    if isinstance(kind, T.DateType):
        if step.pattern is not None:
            return F.when(raw.isNull(), f"not a day written as {step.pattern}")
        return F.when(~text.rlike(DAY), "not a day such as 2013-01-31").when(raw.isNull(), "no such day")
    if isinstance(kind, T.BooleanType):
        return F.when(~text.rlike("(?i)^(?:true|false)$"), "neither true nor false")
    return _number_fault(kind, text, raw) if isinstance(kind, T.NumericType) else F.lit(None).cast("string")


def _number_fault(kind: T.NumericType, text: Column, raw: Column) -> Column:
    too_large = f"too large for {kind.simpleString()}"
    if isinstance(kind, T.DecimalType):
        decimals = F.length(F.regexp_extract(text, r"\.(\d*?)0*$", 1))
        wrong = F.when(~text.rlike(PLAIN_NUMBER), "not a decimal number")
        return wrong.when(decimals > kind.scale, f"more than {kind.scale} decimals").when(raw.isNull(), too_large)
    if isinstance(kind, T.DoubleType | T.FloatType):
        is_special = text.rlike(NOT_FINITE)
        nonzero = F.regexp_extract(text, r"^[+-]?([\d.]*)", 1).rlike("[1-9]")
        wrong = F.when(raw.isNull() | ~(text.rlike(NUMBER) | is_special), "not a number")
        wrong = wrong.when(~(F.abs(raw) < F.lit(float("inf"))) & ~is_special, too_large)
        return wrong.when((raw == 0) & nonzero, f"too small for {kind.simpleString()}")
    # Nearly all whole numbers are written as Spark writes them. To compare the texts costs less than a regular expression.
    wrong = F.when(raw.cast("string") == text, None).when(~text.rlike(WHOLE), "not a whole number")
    return wrong.when(raw.isNull(), too_large)


def _time_fault(step: _Steps) -> Column:
    if step.pattern is not None:
        wrong = F.when(step.raw.isNull(), f"not a time written as {step.pattern}")
    else:
        no_time = F.when(step.text.rlike(_FINER), "finer than microseconds").otherwise("not a time such as 2013-01-31T12:00:00Z")
        wrong = F.when(step.form == _NO_TIME, no_time).when(step.raw.isNull(), "no such time")
    time = step.local_time
    return wrong.when(step.is_local, F.lit("a time without a zone") if time is None else time.fault)
