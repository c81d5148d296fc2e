"""Read the people to erase from a file with one identifier per line.

Identifiers are never arguments of a command, because other users of the machine can see the arguments of a process.
"""

from py4j.protocol import Py4JJavaError
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from tidegate.erasure.line_numbers import numbered
from tidegate.erasure.subject_list import LINE, MOST_CHARACTERS, SUBJECT
from tidegate.errors import SubjectsFileError
from tidegate.hadoop import error_text, open_path
from tidegate.jvm import java_class
from tidegate.subjects.identity import BLANKS

# The driver reads the file into memory. This many bytes hold some millions of identifiers.
MOST_BYTES = 64 << 20
_SCHEMA = T.StructType([T.StructField(LINE, T.LongType()), T.StructField(SUBJECT, T.StringType())])
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def read_subjects(spark: SparkSession, path: str) -> DataFrame:
    """Return the identifiers of a text file as the column `subject`, with the number of the line as the column `_line`.

    Every line is one identifier; white space around it is removed. Blank lines are left out. The file has no comments and no
    header: such a line would be read as an identifier, and the erasure would report that no table names it.

    Raises:
        SubjectsFileError: The file does not exist or can't be read, it contains no identifier, or a line can't be an identifier.
            The message names lines by number.
    """
    return spark.createDataFrame(subject_lines(_content(spark, path), path), _SCHEMA)


def subject_lines(content: bytes, path: str) -> list[tuple[int, str]]:
    """Return the number and the text of each line that is not blank. The first line has the number 1.

    Args:
        content: The bytes of the file.
        path: The path of the file, for the message.

    Raises:
        SubjectsFileError: There is no identifier, or a line can't be one.
    """
    if content.startswith(_UTF_16):
        raise SubjectsFileError(path, "it is encoded as UTF-16; save it as UTF-8")
    found: list[tuple[int, str]] = []
    faults: dict[str, list[int]] = {}
    for number, line in enumerate(content.splitlines(), start=1):
        text = line.decode("utf-8", "replace").strip(BLANKS)
        fault = _fault(line, text)
        if fault is not None:
            faults.setdefault(fault, []).append(number)
        elif text:
            found.append((number, text))
    if faults:
        raise SubjectsFileError(path, "; ".join(f"{numbered(lines)}: {fault}" for fault, lines in faults.items()))
    if not found:
        raise SubjectsFileError(path, "it holds no identifier")
    return found


def _fault(line: bytes, text: str) -> str | None:
    if len(text) > MOST_CHARACTERS:
        return f"more than {MOST_CHARACTERS:,} characters"
    if "\0" in text:
        return "a NUL character, so the file is not a text file"
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return "not encoded as UTF-8"
    return None


def _content(spark: SparkSession, path: str) -> bytes:
    try:
        file, file_system = open_path(spark, path)
        if not file_system.exists(file):
            raise SubjectsFileError(path, "there is no such file")
        status = file_system.getFileStatus(file)
        if status.isDirectory():
            raise SubjectsFileError(path, "it is a folder")
        if status.getLen() > MOST_BYTES:
            raise SubjectsFileError(
                path,
                f"it has {status.getLen():,} bytes, more than {MOST_BYTES:,}; split it, or pass the people as a frame",
            )
        stream = file_system.open(file)
        try:
            return bytes(java_class(spark, "org.apache.commons.io.IOUtils").toByteArray(stream))
        finally:
            stream.close()
    except Py4JJavaError as error:
        raise SubjectsFileError(path, f"it can't be read ({error_text(error)})") from None
