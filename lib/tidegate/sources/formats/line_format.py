"""The base class of formats whose files are lines of text. A format defines how to split a line; this class does the rest."""

from abc import abstractmethod
from dataclasses import replace

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.errors import DefinitionError
from tidegate.sources.delivery import Portion
from tidegate.sources.folders import file_uri, literal_path
from tidegate.sources.formats.format import DeclaredSource, FileFormat
from tidegate.sources.judged_rows import AS_READ, BLOCK, FILE, KIND, NUMBER, SplitLine, judged_texts

LONGEST_LINE = 1_000_000
_LINE, _PARSED, _LINE_FAULT = "_line", "_parsed", "_line_fault"
# A tab is the only control character that is allowed in a line, which has no line end any more.
_CONTROL = r"[\x00-\x08\x0B\x0C\x0E-\x1F\x7F]"
_TEXT_TYPES = (T.StringType, T.BooleanType, T.DateType, T.TimestampType, T.DecimalType, T.DoubleType, T.FloatType)
_WHOLE_TYPES = (T.ByteType, T.ShortType, T.IntegerType, T.LongType)


class LineFormat(FileFormat):
    """The base class of formats in which every line is a row. To read another format of lines, derive a class and define `split`.

    The library reads the files, compressed or not, and leaves out blank lines. Lines that are too long, that contain a control
    character or that `split` can't split go to the quarantine. The texts of the fields are converted to the declared types. A
    file that is not UTF-8 is refused as a whole.

    Attributes:
        longest_line: The largest number of characters of a line; a longer line goes to the quarantine.
    """

    @property
    def longest_line(self) -> int:  # noqa: D102  # described with the class
        return LONGEST_LINE

    @abstractmethod
    def split(self, source: DeclaredSource, line: Column, parsed: Column) -> SplitLine:
        """Return the text of every field of a line, or the reason why the line can't be split.

        Args:
            source: The declaration; `source.names` are the fields in the order of the file.
            line: The line; NULL if it is blank, too long, or contains a control character.
            parsed: The column that `parse` returned.
        """

    def parse(self, source: DeclaredSource, line: Column) -> Column:
        """Return a column that `split` uses several times, so that it is computed once. By default it is the line itself."""
        return line

    def is_blank(self, line: Column) -> Column:
        """Return whether a line is blank, so that it is no row."""
        # A first character after all white space is usual, and it is found much faster than by a regular expression.
        return ~((line >= "!") | line.rlike(r"\S"))

    def check_source(self, source: DeclaredSource) -> None:  # noqa: D102  # described in FileFormat
        for each in source.fields:
            if not isinstance(each.type, (*_TEXT_TYPES, *_WHOLE_TYPES)):
                raise DefinitionError(
                    f"source {source.name!r}: {each.name} is {each.type.simpleString()}, which can't be read from a line of "
                    "text; declare numbers, text, boolean, date or timestamp, or take Parquet."
                )

    def read_portion(self, spark: SparkSession, source: DeclaredSource, portion: Portion) -> DataFrame:  # noqa: D102
        return self.read_held(source, read_lines(spark, portion))

    def read_held(self, source: DeclaredSource, held: DataFrame) -> DataFrame:  # noqa: D102
        lines = with_kind(held, self.is_blank(F.col(AS_READ)))
        # This and the parsed line are columns, because otherwise each use would compute them again.
        lines = lines.withColumn(_LINE_FAULT, line_fault(self.longest_line)).withColumn(_LINE, usable_line(F.col(_LINE_FAULT)))
        rows = lines.withColumn(_PARSED, self.parse(source, F.col(_LINE)))
        split = self.split(source, F.col(_LINE), F.col(_PARSED))
        if split.is_header is not None:
            rows = rows.withColumn(KIND, F.when(split.is_header, "header").otherwise(F.col(KIND)))
        fault = F.coalesce(F.col(_LINE_FAULT), split.fault)
        return judged_texts(source, rows, replace(split, fault=fault))


def read_lines(spark: SparkSession, portion: Portion) -> DataFrame:
    """Return all lines of the files (`AS_READ`) with their places, including blank lines."""
    return spark.read.text([literal_path(path) for path in portion.paths]).select(
        file_uri().alias(FILE),
        F.col("_metadata.file_block_start").alias(BLOCK),
        F.monotonically_increasing_id().alias(NUMBER),
        F.col("value").alias(AS_READ),
    )


def with_kind(lines: DataFrame, is_blank: Column) -> DataFrame:
    """Add the kind of each line, as far as it can be seen before the line is split."""
    readable = F.is_valid_utf8(AS_READ)
    return lines.withColumn(KIND, F.when(~readable, "not UTF-8").when(is_blank, "blank").otherwise("row"))


def usable_line(fault: Column) -> Column:
    """Return the line (`AS_READ`) if it is a row that can be split; otherwise NULL. `fault` is its `line_fault`."""
    return F.when((F.col(KIND) == "row") & fault.isNull(), F.col(AS_READ))


def line_fault(longest: int) -> Column:
    """Return what is wrong with a line (`AS_READ`) before it is split; NULL if nothing is."""
    is_long = F.length(AS_READ) > longest
    return F.when(is_long, f"more than {longest} characters").when(F.col(AS_READ).rlike(_CONTROL), "a control character")
