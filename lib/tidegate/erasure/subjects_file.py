"""Read the subjects to forget from a file: one identifier a line, never from a command line."""

from py4j.protocol import Py4JJavaError
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tidegate.errors import SubjectsFileError

SUBJECT = "subject"


def read_subjects(spark: SparkSession, path: str) -> DataFrame:
    """Return the identifiers of a text file as the column `subject`; blank lines and repetitions are left out.

    Raises:
        SubjectsFileError: There is no such file, or no identifier in it.
    """
    try:
        lines = spark.read.text(path).select(F.trim("value").alias(SUBJECT))
        subjects = lines.where(F.col(SUBJECT) != "").distinct()
        if subjects.isEmpty():
            raise SubjectsFileError(path, "it holds no identifier")
    except (AnalysisException, Py4JJavaError) as error:
        raise SubjectsFileError(path, type(error).__name__) from None
    return subjects
