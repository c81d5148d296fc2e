"""Check a list of people to erase, and compute every form under which a table may name each person."""

from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.erasure.line_numbers import MOST_LISTED
from tidegate.errors import DefinitionError, SubjectsFrameError
from tidegate.subjects.identity import canonical
from tidegate.subjects.matching import FORM
from tidegate.subjects.written_forms import forms_column
from tidegate.tables.checkpoint import checkpointed

SUBJECT, LINE = "subject", "_line"
# The column with the first form of a person. Its keyed hash stands for the person in the suppression list and in receipts.
PERSON = "_person"
# A longer text is not an identifier: the list lost its line breaks, or it is the wrong file.
MOST_CHARACTERS = 10_000
_FORMS, _TOO_LONG = "_forms", "_too_long"


@dataclass(frozen=True)
class Unmatched:
    """The people of a list whom no table names.

    Attributes:
        people: The number of these people.
        lines: The numbers of the first twenty lines that name them; empty if the list was given as a frame.
        line_count: The number of all lines that name them.
    """

    people: int = 0
    lines: tuple[int, ...] = ()
    line_count: int = 0


@dataclass(frozen=True)
class SubjectList:
    """The people to erase.

    Attributes:
        forms: One row for each form of each line, with the columns `_line` (NULL if the list was given as a frame), `_person`
            and `_form`.
        people: The number of different people on the list.
    """

    forms: DataFrame
    people: int

    @property
    def forms_of_people(self) -> DataFrame:
        """The distinct pairs of `_person` and `_form`."""
        return self.forms.select(PERSON, FORM).distinct()

    def unmatched(self, found: DataFrame) -> Unmatched:
        """Return the people none of whose forms was found in a table. This runs one Spark job.

        Args:
            found: The forms that were found, as the column `_form`.
        """
        seen = found.select(FORM).distinct().withColumn("_seen", F.lit(True))
        marked = (
            self.forms.join(F.broadcast(seen), on=FORM, how="left")
            .groupBy(PERSON)
            .agg(F.count("_seen").alias("_times"), F.collect_set(LINE).alias("_lines"))
        )
        people = marked.where("_times = 0")
        counted = people.agg(
            F.count(F.lit(1)).alias("people"),
            F.flatten(F.collect_list(F.slice(F.sort_array("_lines"), 1, MOST_LISTED))).alias("lines"),
            F.coalesce(F.sum(F.size("_lines")), F.lit(0)).alias("line_count"),
        )
        row = counted.select("people", F.slice(F.sort_array("lines"), 1, MOST_LISTED).alias("lines"), "line_count").first()
        if row is None:
            raise RuntimeError("an aggregate without grouping returned no row")
        return Unmatched(row["people"], tuple(row["lines"]), row["line_count"])


def checked_list(subjects: DataFrame) -> SubjectList:
    """Check a list of people and return their forms. This runs one Spark job.

    The forms are computed once and kept by the executors, because the list may come from a table that the erasure changes.

    Args:
        subjects: The identifiers as the column `subject`, of any type that can name a person; the numbers of their lines as the
            column `_line`, if they are known.

    Raises:
        SubjectsFrameError: The column `subject` is missing or its type can't name a person, the frame is empty, or a row has no
            identifier or one that is too long.
    """
    if SUBJECT not in subjects.columns:
        raise SubjectsFrameError.without_column(SUBJECT, subjects.columns)
    rows = written_texts(subjects)
    too_long = F.length(SUBJECT) > MOST_CHARACTERS
    line = F.col(LINE).cast("bigint") if LINE in rows.columns else F.lit(None).cast("bigint")
    forms = forms_column(F.when(~too_long, F.col(SUBJECT)))
    entries = rows.select(line.alias(LINE), too_long.alias(_TOO_LONG), forms.alias(_FORMS))
    kept = checkpointed(entries.withColumn(PERSON, F.get(_FORMS, F.lit(0))))
    return SubjectList(kept.select(LINE, PERSON, F.explode(_FORMS).alias(FORM)), _counted(kept))


def _counted(entries: DataFrame) -> int:
    """Return the number of different people.

    Raises:
        SubjectsFrameError: The frame is empty, or a row has no identifier or one that is too long.
    """
    counted = entries.agg(
        F.count(F.lit(1)).alias("rows"),
        F.count_if(_TOO_LONG).alias("too_long"),
        F.count_if(F.col(PERSON).isNull() & ~F.coalesce(_TOO_LONG, F.lit(False))).alias("nobody"),
        F.count_distinct(PERSON).alias("people"),
    ).first()
    if counted is None:
        raise RuntimeError("an aggregate without grouping returned no row")
    if not counted["rows"]:
        raise SubjectsFrameError("it has no rows")
    faults = [f"{counted['nobody']:,} are NULL, blank or not a number"] if counted["nobody"] else []
    faults += [f"{counted['too_long']:,} have more than {MOST_CHARACTERS:,} characters"] if counted["too_long"] else []
    if faults:
        raise SubjectsFrameError(f"of {counted['rows']:,} rows {' and '.join(faults)}")
    return int(counted["people"])


def written_texts(subjects: DataFrame) -> DataFrame:
    """Return the frame with each `subject` as the text that somebody would write in a list.

    Raises:
        SubjectsFrameError: The type of the column can't name a person.
    """
    kind = subjects.schema[SUBJECT].dataType
    if isinstance(kind, T.FloatType):
        # A FLOAT's shortest text would lose digits of numbers that have more than seven.
        subjects, kind = subjects.withColumn(SUBJECT, F.col(SUBJECT).cast("double")), T.DoubleType()
    try:
        form = canonical(SUBJECT, kind)
    except DefinitionError as error:
        raise SubjectsFrameError(str(error)) from None
    value = F.col(SUBJECT)
    if isinstance(kind, T.FractionalType):
        value = F.substring_index(form, ":", -1)
    elif isinstance(kind, T.BinaryType):
        value = F.concat(F.lit("0x"), F.hex(SUBJECT))
    elif isinstance(kind, T.TimestampType):
        # A cast to string would write the local time of the session's time zone.
        since = F.make_dt_interval(secs=F.unix_micros(SUBJECT).cast("decimal(24,6)") / F.lit(1_000_000))
        value = F.concat((F.lit("1970-01-01").cast("timestamp_ntz") + since).cast("string"), F.lit("Z"))
    return subjects.withColumn(SUBJECT, value.cast("string"))
