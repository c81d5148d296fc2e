"""A format that the library has never heard of: it is defined here alone, and a source with it loads like any other."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T
from tests.loading import load, requeue, step_of

from tidegate import DeclaredSource, FeatureGroup, FeatureStep, FeatureStore, Field, LineFormat, Source, SplitLine
from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError, WrongFilesError
from tidegate.sources.folders import ListedFile
from tidegate.sources.formats.format import FileSummary

FIELDS = (Field("k", T.StringType(), "key"), Field("v", T.DoubleType(), "value"), Field("at", T.TimestampType(), "when"))


@dataclass(frozen=True)
class Pipes(LineFormat):
    """Values between pipes, with a decimal comma. A line that begins with `comment` is no row, and one line is the header.

    Attributes:
        comment: How a comment begins.
        empty: What stands for a missing value.
        shouted: Fields whose texts have to be in upper case.
        longest_line: Characters; a longer line goes to the quarantine.
    """

    comment: str = "#"
    empty: str = ""
    shouted: tuple[str, ...] = ()
    longest_line: int = 40

    def __post_init__(self) -> None:
        require_declared_types(self)

    @property
    def option_fields(self) -> dict[str, tuple[str, ...]]:
        return {"shouted": self.shouted}

    def check_source(self, source: DeclaredSource) -> None:
        super().check_source(source)
        if len(source.names) < 2:
            raise DefinitionError(f"source {source.name!r}: a file without a pipe; declare two fields or more.")

    def is_blank(self, line: Column) -> Column:
        return super().is_blank(line) | F.startswith(line, F.lit(self.comment))

    def parse(self, source: DeclaredSource, line: Column) -> Column:
        return F.split(line, r"\|")

    def split(self, source: DeclaredSource, line: Column, parsed: Column) -> SplitLine:
        fits = F.size(parsed) == len(source.names)
        found = {name: F.nullif(parsed[place], F.lit(self.empty)) for place, name in enumerate(source.names)}
        return SplitLine(
            texts=F.when(fits, F.struct(*[text.alias(name) for name, text in found.items()])),
            fault=F.when(~fits, f"not {len(source.names)} values"),
            is_header=line == "|".join(source.file_names.values()),
            faults={name: F.when(found[name] != F.upper(found[name]), "not in upper case") for name in self.shouted},
            decimal=",",
        )

    def file_complaint(self, spark: SparkSession, source: DeclaredSource, summary: FileSummary) -> str | None:
        return None if summary.headers == 1 else f"{summary.headers} headers; expected one"


def to_group(rows: DataFrame) -> DataFrame:
    known = F.lit(None).cast("timestamp").alias("available_at")
    return rows.select("k", "v", F.col("at").alias("event_time"), known, "_origin")


def loading(form: LineFormat, folder: Path) -> FeatureStep:
    source = Source("feed", FIELDS, form, headers={"k": "Key"}, may_hold_back=1.0)
    return step_of(source, FeatureGroup("values", 1, ("k",), FIELDS[:2], "values"), str(folder), to_group)


LINES = [
    "# made on Monday",
    "Key|v|at",
    "A|1,5|2024-01-01T00:00:00Z",
    "",
    "B|2,5",
    "C|?|2024-01-01T00:00:00Z",
    "d|4,5|2024-01-01T00:00:00Z",
    "E|4.5|2024-01-01T00:00:00Z",
    f"F|1,0|2024-01-01T00:00:00{' ' * 20}Z",
]
HELD_BACK = {
    5: ("B|2,5", ["not 3 values"]),
    6: ("C|?|2024-01-01T00:00:00Z", ["v: not a number"]),
    7: ("d|4,5|2024-01-01T00:00:00Z", ["k: not in upper case"]),
    8: ("E|4.5|2024-01-01T00:00:00Z", ["v: not a number"]),
    9: (LINES[-1], ["more than 40 characters"]),
}


@pytest.mark.slow
def test_a_format_of_ones_own_loads_holds_back_and_lets_in(spark: SparkSession, tmp_path: Path) -> None:
    folder, wrong = tmp_path / "feed", tmp_path / "wrong"
    for each, lines in ((folder, LINES), (wrong, LINES[2:3])):
        each.mkdir()
        (each / "a.txt").write_text("\n".join(lines) + "\n")
    store, declared = FeatureStore(spark, str(tmp_path / "store")), loading(Pipes(shouted=("k",)), folder)

    with pytest.raises(WrongFilesError, match=r"a\.txt: 0 headers; expected one"):
        load(store, loading(Pipes(shouted=("k",)), wrong), dry_run=True)
    loaded = load(store, declared)
    assert (loaded.rows, loaded.accepted, loaded.quarantined) == (6, 1, 5)
    held = store.quarantined(declared.source).select("file", "line", "row", "reasons").collect()
    assert {row["line"]: (row["row"], row["reasons"]) for row in held} == HELD_BACK
    assert {row["file"] for row in held} == {"a.txt"}

    assert requeue(store, loading(Pipes(empty="?", longest_line=41), folder)).released == 2
    rows = store.read(declared.group).select("k", "v").collect()
    assert sorted(map(tuple, rows)) == [("A", 1.5), ("C", None), ("d", 4.5)]


def test_what_a_source_declares_is_checked_by_its_format() -> None:
    with pytest.raises(DefinitionError, match=r"shouted names 'key', which is not a declared field; declared fields: k, v, at"):
        Source("feed", FIELDS, Pipes(shouted=("key",)))
    with pytest.raises(DefinitionError, match="a file without a pipe"):
        Source("feed", FIELDS[:1], Pipes())
    with pytest.raises(DefinitionError, match="k is array<string>, which can't be read from a line of text"):
        Source("feed", (Field("k", T.ArrayType(T.StringType()), "keys"), *FIELDS[1:]), Pipes())


def test_a_format_that_is_none_is_answered_by_those_that_are() -> None:
    with pytest.raises(DefinitionError, match=r"format is 'csv'; give an Avro or .*a Csv or a JsonLines or .*a Pipes"):
        Source("feed", FIELDS, "csv")  # type: ignore[arg-type]
    with pytest.raises(DefinitionError, match=r"give an instance of it: Pipes\(\)"):
        Source("feed", FIELDS, Pipes)  # type: ignore[arg-type]


def test_rows_of_files_are_estimated_by_their_sizes() -> None:
    files = [ListedFile("a.txt", 3_000, 0), ListedFile("b.txt.gz", 1_000, 0)]
    assert Pipes().estimated_rows(files, values=3) == (3_000 + 6 * 1_000) // 30
