"""Read a source's files in one pass: validate every row, record its place, and count the rows of each file."""

import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import Column, DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from tidegate.errors import WrongFilesError
from tidegate.expectations.row_checks import broken_counts, broken_found, refusal
from tidegate.sources.delivery import Portion
from tidegate.sources.file_complaints import complaints
from tidegate.sources.folders import ListedFile
from tidegate.sources.judged_rows import BLOCK, FAULTS, FILE, KIND, NUMBER, PLACE
from tidegate.sources.source import Source
from tidegate.tables.checkpoint import checkpointed_wide

VERDICT = "_verdict"
# The place of a row: the file's name relative to its folder, and the number of the line.
NAME, LINE = "_name", "_line"
VERDICTS = ("accepted", "quarantined", "dropped", "failed")
# The kinds of lines that every format has; a format can add its own for a file that it can't read.
_KINDS = {"row": "first_row", "header": "first_header", "blank": "first_blank", "not UTF-8": "not_utf8"}
# The files of a portion by the value of `FILE` in their rows.
_Files = Mapping[int, ListedFile] | Mapping[str, ListedFile]


@dataclass(frozen=True)
class ReadFiles:
    """The result of reading files.

    Attributes:
        rows: One row for each row of the files, already computed: the fields, `_verdict`, the faults, the text as received if
            there is a fault, and the place (`_name` and `_line`).
        files: The number of rows of each file.
        verdicts: The number of rows with each verdict. The numbers add up to all rows.
        broken: The number of rows that break each expectation.
    """

    rows: DataFrame
    files: Mapping[ListedFile, int]
    verdicts: Counter[str]
    broken: Counter[str]


def read_files(spark: SparkSession, source: Source, folder: str, files: Sequence[ListedFile], whole: bool = False) -> ReadFiles:
    """Read files once, as the source declares them. Nothing is written.

    Args:
        spark: The session.
        source: The declaration of the files.
        folder: The folder of the files, or the Delta table.
        files: The files, or one version of the table.
        whole: Read all rows that the version of a Delta table contains, and not only those that it changed.

    Raises:
        WrongFilesError: A file is not as declared: it has another header or other columns, is not UTF-8, or is empty.
        UnreadableFilesError: A file can't be read to its end.
        UnreadableTableError: A version of the Delta table can't be read.
    """
    portion, delivery = Portion(folder, tuple(files), whole), source.format.delivery
    if not portion.files:
        raise RuntimeError(f"source {source.name}: no file to read")
    uris = delivery.uris(spark, portion)
    known = _numbered(uris) if delivery.has_lines else uris
    staged, blocks = _computed(spark, source, portion, known)
    parts: dict[ListedFile, list[Row]] = {file: [] for file in files}
    for row in blocks:
        parts[known[row[FILE]]].append(row)
    wrong = complaints(spark, source, dict(zip(portion.files, portion.paths, strict=True)), parts)
    if wrong:
        raise WrongFilesError(source.name, wrong)
    return ReadFiles(
        rows=_with_lines(spark, staged, known, blocks) if delivery.has_lines else _without_lines(staged),
        files={file: sum(row["rows"] for row in rows) for file, rows in parts.items()},
        verdicts=Counter({name: sum(row[name] for row in blocks) for name in VERDICTS}),
        broken=broken_found(source.expectations, blocks),
    )


def _numbered(uris: Mapping[str, ListedFile]) -> _Files:
    """Return the files by the CRC-32 of their URIs, or by the URIs if two of them have the same one.

    Every row names its file. In memory, a number takes much less space than a URI.
    """
    numbered = {zlib.crc32(uri.encode()): file for uri, file in uris.items()}
    return numbered if len(numbered) == len(uris) else uris


def _computed(spark: SparkSession, source: Source, portion: Portion, known: _Files) -> tuple[DataFrame, list[Row]]:
    """Compute the rows of a portion with their verdicts, and the counts of each part of its files. This runs the job.

    In the result, each row names its file by the key in `known`.
    """
    try:
        judged = source.format.read_portion(spark, source, portion)
        if _has_numbers(known):
            judged = judged.withColumn(FILE, F.crc32(FILE))
        staged = checkpointed_wide(judged.withColumn(VERDICT, verdict(source)))
        return staged, _facts(staged, source)
    except (PySparkException, Py4JJavaError) as error:
        # PATH_NOT_FOUND: a file was removed after it was listed. DELTA_...: Delta can't read the table. Any other error of the
        # analysis is not the fault of the files.
        if isinstance(error, AnalysisException) and not (error.getCondition() or "").startswith(("PATH_NOT_FOUND", "DELTA_")):
            raise
        raise source.format.delivery.unreadable(source.name, portion, error) from None


def _has_numbers(known: _Files) -> bool:
    return all(isinstance(key, int) for key in known)


def verdict(source: Source) -> Column:
    """Return a column with the verdict of each row: accepted, quarantined, dropped or failed. NULL for lines that are no rows."""
    found = F.coalesce(F.when(F.col(FAULTS).isNotNull(), "quarantined"), F.expr(refusal(source.expectations)), F.lit("accepted"))
    return F.when(F.col(KIND) == "row", found)


def _facts(staged: DataFrame, source: Source) -> list[Row]:
    """Return one row of counts for each part of each file, in order. A part is what one task of Spark reads.

    All aggregates are numbers. With one that is a text, such as `min_by` of the kind, Spark would sort all rows.
    """
    verdicts = [F.count_if(F.col(VERDICT) == name).alias(name) for name in VERDICTS]
    found = staged.groupBy(FILE, BLOCK).agg(
        F.min(NUMBER).alias("first"),
        F.max(NUMBER).alias("last"),
        *[F.min(F.when(F.col(KIND) == kind, F.col(NUMBER))).alias(name) for kind, name in _KINDS.items()],
        F.count_if(F.col(KIND) == "header").alias("headers"),
        F.count_if(F.col(KIND) == "row").alias("rows"),
        *verdicts,
        *map(F.expr, broken_counts(source.expectations, f"{KIND} = 'row'")),
    )
    # Spark would run another job to sort them.
    blocks = sorted(found.collect(), key=itemgetter(FILE, BLOCK))
    return [Row(**row.asDict(), first_kind=_first_kind(staged, row)) for row in blocks]


def _first_kind(staged: DataFrame, block: Row) -> str:
    """Return the kind of the first line of a part. If it is a format's own kind, this runs a job; such a file is refused."""
    known = next((kind for kind, name in _KINDS.items() if block[name] == block["first"]), None)
    if known is not None:
        return known
    [row] = staged.where((F.col(FILE) == block[FILE]) & (F.col(NUMBER) == block["first"])).select(KIND).collect()
    return str(row[KIND])


def _without_lines(staged: DataFrame) -> DataFrame:
    """Return the rows with their table version as place. The rows of a table have no order, so there is no line."""
    return staged.withColumns({NAME: F.col(FILE), LINE: F.lit(None).cast("bigint")}).drop(*PLACE, KIND)


def _with_lines(spark: SparkSession, staged: DataFrame, known: _Files, blocks: Sequence[Row]) -> DataFrame:
    """Return the rows with the name of their file and the number of their line as place."""
    found: list[tuple[Any, ...]] = []
    lines: Counter[int | str] = Counter()
    for row in blocks:
        found.append((row[FILE], row[BLOCK], known[row[FILE]].name, row["first"], lines[row[FILE]]))
        lines[row[FILE]] += row["last"] - row["first"] + 1
    kind = "long" if _has_numbers(known) else "string"
    places = F.broadcast(spark.createDataFrame(found, f"{FILE} {kind}, {BLOCK} long, {NAME} string, _first long, _before long"))
    rows = staged.where(F.col(KIND) == "row").join(places, on=[FILE, BLOCK], how="inner")
    line = F.col(NUMBER) - F.col("_first") + F.col("_before") + 1
    return rows.withColumn(LINE, line).drop(*PLACE, "_first", "_before", KIND)
