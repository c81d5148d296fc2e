"""A person is the same, however the identifier is written and whatever the type of the column.

Deleting, suppressing and the report of lines that match nobody agree with a plain statement of which writings mean a value. Many
cases share a few Spark jobs.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.erasure.subject_list import LINE, SUBJECT, SubjectList, checked_list, written_texts
from tidegate.subjects.identity import held_text
from tidegate.subjects.keyed_hash import SubjectKey
from tidegate.subjects.matching import FORM, forms_of_rows, rows_of_listed
from tidegate.subjects.suppression import SUPPRESSED, Suppression
from tidegate.subjects.suppression_table import CANONICAL_FORM, PLAIN_FORM
from tidegate.subjects.written_forms import forms_of

KEY = SubjectKey(b"0123456789abcdef0123456789abcdef")
Values = Callable[[int], object]
Ways = Callable[[int], list[str]]


@dataclass(frozen=True)
class Kind:
    """Values of one type by number, the ways to write them, and writings that mean something else."""

    type: T.DataType
    value: Values
    same: Ways
    other: Ways
    first: int = 20_000


def whole(n: int) -> list[str]:
    return [f"{n}", f"000{n}", f"+{n}", f"{n}.0", f" {n}\t", f"{n}.", f"{n}.00", f"{n / 10_000!r}E4", f"\ufeff{n}"]


def not_whole(n: int) -> list[str]:
    return [f"{n}.5", f"-{n}", f"{n}x", f"n{n}", f"{n},0", f"12E{n}", f"{n} {n}"]


def at(n: int) -> datetime:
    return datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=n - 20_000, microseconds=n)


def on(n: int) -> date:
    return date(1950, 1, 1) + timedelta(days=n - 20_000)


def moments(n: int) -> list[str]:
    local = at(n).replace(tzinfo=None)
    east = (local + timedelta(hours=5, minutes=30)).isoformat()
    return [f"{local}", f"{local}Z", f"{local.isoformat()}+00:00", f"{east}+05:30", f"{local}000 UTC"]


# A stored text, the lines that mean it, and lines that don't.
TEXTS = [
    ("Zo\u00eb {n}", ["Zo\u00eb {n}", "  Zoe\u0308 {n}\r"], ["zo\u00eb {n}", "Zoe {n}", "Zo\u00eb  {n}"]),
    ("Zoe\u0308 {n}", ["Zo\u00eb {n}", "Zoe\u0308 {n}"], ["ZOE\u0308 {n}"]),
    ("00{n}", ["00{n}"], ["{n}", "000{n}"]),
    ("{n}", ["{n} "], ["0{n}", "{n}.0", "+{n}"]),
    ("\u00a0 {n}@x.org\u2003", ["{n}@x.org"], ["{n}@X.org"]),
    ("{n}.0", ["{n}.0\t"], ["{n}", "{n}.00"]),
]
KINDS = {
    "tiny": Kind(T.ByteType(), lambda n: n, whole, not_whole, first=20),
    "small": Kind(T.ShortType(), lambda n: n, whole, not_whole),
    "middle": Kind(T.IntegerType(), lambda n: n, whole, not_whole),
    "big": Kind(T.LongType(), lambda n: n, whole, not_whole),
    "huge": Kind(T.LongType(), lambda n: 2**53 + n, lambda n: [f"{2**53 + n}", f"{2**53 + n}.0"], lambda n: [f"{2**54 + n}"]),
    "wide": Kind(T.DecimalType(38, 0), lambda n: Decimal(n), whole, not_whole),
    "scaled": Kind(
        T.DecimalType(38, 18),
        lambda n: Decimal(n).scaleb(-7),
        lambda n: [f"{n / 10**7:.7f}", f"00{n / 10**7:.7f}0", f"{n}.0e-7"],
        lambda n: [f"{n / 10**7:.7f}1", f"{n}.0e-8"],
    ),
    "single": Kind(T.FloatType(), lambda n: float(n), whole, not_whole),
    "double": Kind(T.DoubleType(), lambda n: float(n), whole, not_whole),
    "large": Kind(T.DoubleType(), lambda n: n * 1e9, lambda n: [f"{n}000000000", f"{n}.0E9", f"{n}e+9"], lambda n: [f"{n}e9"]),
    "part": Kind(T.DoubleType(), lambda n: n + 0.1, lambda n: [f"{n}.1", f"0{n}.10", f"+{n}.1"], lambda n: [f"{n}.2", f"{n}.11"]),
    "day": Kind(
        T.DateType(),
        on,
        lambda n: [f"{on(n)}", f" {on(n)}T00:00Z"],
        lambda n: [f"{on(n)}T00:00:01", f"{on(n)}T00:00+01:00"],
    ),
    "moment": Kind(T.TimestampType(), at, moments, lambda n: [f"{at(n).replace(tzinfo=None)}+01:00", f"{at(n).date()}"]),
    "wall": Kind(
        T.TimestampNTZType(),
        lambda n: at(n + 9_000).replace(tzinfo=None),
        lambda n: moments(n + 9_000)[:3],
        lambda n: [moments(n + 9_000)[0] + "1", moments(n + 9_000)[3].replace("+05:30", "+06:30")],
    ),
    "text": Kind(
        T.StringType(),
        lambda n: TEXTS[n % len(TEXTS)][0].format(n=n),
        lambda n: [way.format(n=n) for way in TEXTS[n % len(TEXTS)][1]],
        lambda n: [way.format(n=n) for way in TEXTS[n % len(TEXTS)][2]],
    ),
    "bytes": Kind(
        T.BinaryType(),
        lambda n: f"b{n}".encode(),
        lambda n: [f"b{n}", f"0x{f'b{n}'.encode().hex()}", f"b{n}".encode().hex().upper()],
        lambda n: [f"B{n}", f"b {n}"],
    ),
}  # fmt: skip
EACH = 12


@dataclass(frozen=True)
class Case:
    """A value in a column of one kind, a line of the list, and whether the line means the value."""

    number: int
    kind: str
    value: object
    line: str
    means: bool


def made_cases() -> list[Case]:
    """Each kind with values of its own, so that a line means no value of another case."""
    rng, cases = random.Random(24), []
    for place, (name, kind) in enumerate(KINDS.items()):
        for index in range(EACH):
            number = kind.first + (index if kind.first < 100 else place * 100 + index)
            means = rng.random() < 0.6
            line = rng.choice((kind.same if means else kind.other)(number))
            cases.append(Case(len(cases), name, kind.value(number), line, means))
    return cases


def rows_of(spark: SparkSession, cases: list[Case]) -> DataFrame:
    schema = T.StructType([T.StructField("case", T.IntegerType())])
    for name, kind in KINDS.items():
        schema.add(name, kind.type)
    return spark.createDataFrame(
        [(case.number, *[case.value if case.kind == name else None for name in KINDS]) for case in cases], schema
    )


def list_of(spark: SparkSession, cases: list[Case]) -> SubjectList:
    return checked_list(
        spark.createDataFrame([(case.number + 1, case.line) for case in cases], f"{LINE} bigint, {SUBJECT} string")
    )


def numbers(frame: DataFrame) -> set[int]:
    return {row["case"] for row in frame.select("case").collect()}


def test_deleting_suppressing_and_reporting_agree_for_every_type_and_way_of_writing(spark: SparkSession) -> None:
    cases = made_cases()
    rows, people, expected = rows_of(spark, cases), list_of(spark, cases), {case.number for case in cases if case.means}
    # None of it may depend on the session's zone or on ANSI.
    spark.conf.set("spark.sql.session.timeZone", "America/New_York")
    spark.conf.set("spark.sql.ansi.enabled", "false")

    def wrong(found: set[int]) -> list[tuple[str, object, str, bool]]:
        return [(case.kind, case.value, case.line, case.means) for case in cases if case.number in found ^ expected]

    assert wrong(numbers(rows_of_listed(rows, list(KINDS), people.forms))) == []
    hashes = people.forms.select(KEY.column(FORM).alias("subject_hash"), F.lit(CANONICAL_FORM).alias("form")).localCheckpoint()
    suppressed = Suppression(hashes, KEY, (CANONICAL_FORM,)).mark(rows, list(KINDS))
    assert wrong(numbers(suppressed.where(SUPPRESSED))) == []
    unmatched = people.unmatched(forms_of_rows(rows, list(KINDS)))
    lines = sorted({case.number for case in cases} - expected)
    assert (unmatched.people, unmatched.line_count) == (len(lines), len(lines))
    assert unmatched.lines == tuple(number + 1 for number in lines[:20])


def test_identifiers_that_became_text_are_read_like_lines_of_a_list(spark: SparkSession) -> None:
    """What a quarantine holds: the value as text, its type forgotten."""
    cases = [case for case in made_cases() if case.kind != "text"]
    expected = {case.number for case in cases if case.means}
    text = F.coalesce(*[held_text(name, kind.type) for name, kind in KINDS.items()])
    rows, people = rows_of(spark, cases).select("case", text.alias("subject")), list_of(spark, cases)
    assert numbers(rows_of_listed(rows, ["subject"], people.forms, untyped=True)) == expected
    hashes = people.forms.select(KEY.column(FORM).alias("subject_hash"), F.lit(CANONICAL_FORM).alias("form"))
    marked = Suppression(hashes, KEY, (CANONICAL_FORM,)).mark(rows, ["subject"], untyped=True)
    assert numbers(marked.where(SUPPRESSED)) == expected


def test_a_list_in_any_type_means_the_values_of_that_type(spark: SparkSession) -> None:
    """A list can be a table: its numbers, dates and moments name the same people as their texts."""
    cases = made_cases()
    rows = rows_of(spark, cases)
    spark.conf.set("spark.sql.session.timeZone", "America/New_York")
    texts = None
    for name in KINDS:
        part = written_texts(rows.where(F.col(name).isNotNull()).select("case", F.col(name).alias(SUBJECT)))
        found = part.select("case", SUBJECT, F.lit(name).alias("kind"))
        texts = found if texts is None else texts.unionAll(found)
    assert texts is not None
    forms = {row["case"]: set(forms_of(row[SUBJECT])) for row in texts.collect()}
    same = {case.number: bool(forms[case.number] & set(forms_of(case.line))) for case in cases}
    # The text of another case's text can be a number: as lines of lists, 0070 and 70 have a form in common.
    assert [case for case in cases if same[case.number] != case.means and (case.means or case.kind != "text")] == []


def test_entries_of_the_plain_form_still_recognise_their_people(spark: SparkSession) -> None:
    """What an earlier release suppressed is the hash of the column's value as text; NULL and other people stay."""
    cases = made_cases()
    rows = rows_of(spark, cases)
    plain = {
        row["case"]: row["text"]
        for row in rows.select("case", F.coalesce(*[F.col(n).cast("string") for n in KINDS]).alias("text")).collect()
    }
    # A DOUBLE that pandas made of whole numbers was often listed without its `.0`.
    suffixes = {"single": ".0", "double": ".0"}
    texts = [plain[case.number].removesuffix(suffixes.get(case.kind, "")) for case in cases if case.means]
    listed = [(KEY.digest(text),) for text in texts]
    old = Suppression(spark.createDataFrame(listed, "subject_hash string"), KEY, (PLAIN_FORM,))
    marked = old.mark(rows, list(KINDS))
    assert numbers(marked.where(SUPPRESSED)) == {case.number for case in cases if case.means}
