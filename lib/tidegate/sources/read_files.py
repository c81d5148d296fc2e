"""Read a source's files in one pass: validate every row, record its place, and count the rows of each file."""

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
    staged, blocks = _computed(spark, source, portion)
    parts: dict[ListedFile, list[Row]] = {file: [] for file in files}
    for row in blocks:
        parts[uris[row[FILE]]].append(row)
    wrong = complaints(spark, source, dict(zip(portion.files, portion.paths, strict=True)), parts)
    if wrong:
        raise WrongFilesError(source.name, wrong)
    return ReadFiles(
        rows=_with_lines(spark, staged, uris, blocks) if delivery.has_lines else _without_lines(staged),
        files={file: sum(row["rows"] for row in rows) for file, rows in parts.items()},
        verdicts=Counter({name: sum(row[name] for row in blocks) for name in VERDICTS}),
        broken=broken_found(source.expectations, blocks),
    )


def _computed(spark: SparkSession, source: Source, portion: Portion) -> tuple[DataFrame, list[Row]]:
    """Compute the rows of a portion with their verdicts, and the counts of each part of its files. This runs the job."""
    try:
        judged = source.format.read_portion(spark, source, portion)
        staged = checkpointed_wide(judged.withColumn(VERDICT, verdict(source)))
        return staged, _facts(staged, source)
    except (PySparkException, Py4JJavaError) as error:
        # PATH_NOT_FOUND: a file was removed after it was listed. DELTA_...: Delta can't read the table. Any other error of the
        # analysis is not the fault of the files.
        if isinstance(error, AnalysisException) and not (error.getCondition() or "").startswith(("PATH_NOT_FOUND", "DELTA_")):
            raise
        raise source.format.delivery.unreadable(source.name, portion, error) from None


def verdict(source: Source) -> Column:
    """Return a column with the verdict of each row: accepted, quarantined, dropped or failed. NULL for lines that are no rows."""
    found = F.coalesce(F.when(F.col(FAULTS).isNotNull(), "quarantined"), F.expr(refusal(source.expectations)), F.lit("accepted"))
    return F.when(F.col(KIND) == "row", found)


def _facts(staged: DataFrame, source: Source) -> list[Row]:
    """Return one row of counts for each part of each file. A part is what one task of Spark reads."""
    verdicts = [F.count_if(F.col(VERDICT) == name).alias(name) for name in VERDICTS]
    parts = (
        staged.groupBy(FILE, BLOCK)
        .agg(
            F.min(NUMBER).alias("first"),
            F.max(NUMBER).alias("last"),
            F.min_by(KIND, NUMBER).alias("first_kind"),
            F.min(F.when(F.col(KIND) == "not UTF-8", F.col(NUMBER))).alias("not_utf8"),
            F.count_if(F.col(KIND) == "header").alias("headers"),
            F.count_if(F.col(KIND) == "row").alias("rows"),
            *verdicts,
            *map(F.expr, broken_counts(source.expectations, f"{KIND} = 'row'")),
        )
        .collect()
    )
    # Spark would run another job to sort them.
    return sorted(parts, key=itemgetter(FILE, BLOCK))


def _without_lines(staged: DataFrame) -> DataFrame:
    """Return the rows with their table version as place. The rows of a table have no order, so there is no line."""
    return staged.withColumns({NAME: F.col(FILE), LINE: F.lit(None).cast("bigint")}).drop(*PLACE, KIND)


def _with_lines(spark: SparkSession, staged: DataFrame, uris: Mapping[str, ListedFile], blocks: Sequence[Row]) -> DataFrame:
    """Return the rows with the name of their file and the number of their line as place."""
    known: list[tuple[Any, ...]] = []
    lines: Counter[str] = Counter()
    for row in blocks:
        known.append((row[FILE], row[BLOCK], uris[row[FILE]].name, row["first"], lines[row[FILE]]))
        lines[row[FILE]] += row["last"] - row["first"] + 1
    places = F.broadcast(spark.createDataFrame(known, f"{FILE} string, {BLOCK} long, {NAME} string, _first long, _before long"))
    rows = staged.where(F.col(KIND) == "row").join(places, on=[FILE, BLOCK], how="inner")
    line = F.col(NUMBER) - F.col("_first") + F.col("_before") + 1
    return rows.withColumn(LINE, line).drop(*PLACE, "_first", "_before", KIND)
