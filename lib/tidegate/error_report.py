"""Turn an error of Spark, a library or a system's code into a reason and a stack trace that contain no value of a row.

Spark quotes values in its messages: "The value 'ann@example.com' cannot be cast". A message does not say whether a value is
personal, so every value is hidden. If a Spark error has an error condition, the parts of its message that name columns, types
and paths are kept. If the error can only be about the machine (files, network, memory), its message is kept. From any other
error only the class and the line of code are kept.
"""

import os
import re
import tempfile
import traceback
from collections.abc import Iterator
from typing import Any

from py4j.protocol import Py4JError, Py4JJavaError
from pyspark.errors import PySparkException

HIDDEN = "<hidden>"
# Parameters of Spark's messages that name something declared, never a value of a row.
_HARMLESS = re.compile(
    "name|path|type|class|schema|proposal|suggestion|table|column|field|function|config|conf|version|format|operation|feature|"
    "mode|alternative|file|hint|sqlstate|num|count|mismatch|location|provider|catalog|relation|object|id$",
    re.IGNORECASE,
)
_OF_A_ROW = re.compile("value|record|row|message|literal|expr|input", re.IGNORECASE)
# Spark writes names in backticks and types in double quotes.
_QUOTED_VALUE = re.compile("'[^']*'")
# The messages of these errors are about files, sockets, memory and modules.
_OF_THE_MACHINE = (OSError, ImportError, MemoryError, RecursionError)
_OF_THE_MACHINE_IN_JAVA = re.compile(r"^java\.(io|net|nio)\.|OutOfMemoryError$|^org\.apache\.hadoop\.(security|hdfs|ipc|net)\.")
_FRAME = re.compile(r'^\s*File "[^"]*", line \d+, in \S+', re.MULTILINE)
_MOST_CAUSES = 20


def reason(error: BaseException) -> str:
    """Return one sentence that says what happened, without values of rows."""
    said = _said(error)
    place = _place(error)
    kind = _kind(error)
    text = f"{kind}: {said}" if said else f"{kind}{place}"
    return " ".join(text.split()).rstrip(".") + "."


def write_report(what: str, error: BaseException) -> str | None:
    """Write the stack traces of an error and its causes to a file that only this user can read.

    Returns:
        The path of the file, or None if it can't be written.
    """
    lines = [f"{what}: {reason(error)}", "Values of rows are hidden. Set TIDEGATE_DEBUG=1 in the environment to see them."]
    for each in _with_causes(error):
        lines += ["", f"{_kind(each)}: {_said(each) or HIDDEN}", *traceback.format_tb(each.__traceback__)]
        lines += _java_trace(_java(each))
        lines += _FRAME.findall(str(each)) if isinstance(each, PySparkException) else []
    try:
        handle, path = tempfile.mkstemp(prefix="tidegate-error-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write("\n".join(line.rstrip("\n") for line in lines) + "\n")
    except OSError:
        return None
    return path


def _with_causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    for _ in range(_MOST_CAUSES):
        if seen is None:
            return
        yield seen
        seen = seen.__cause__ or seen.__context__


def _kind(error: BaseException) -> str:
    java = error.java_exception if isinstance(error, Py4JJavaError) else None
    return type(error).__name__ if java is None else str(java.getClass().getName())


def _said(error: BaseException) -> str:
    """Return the message of an error without values of rows; empty if no part of it may be shown."""
    if isinstance(error, PySparkException):
        return _of_spark(error)
    if isinstance(error, Py4JJavaError):
        return _of_java(error.java_exception)
    if isinstance(error, _OF_THE_MACHINE):
        return str(error)
    return ""


def _of_spark(error: PySparkException) -> str:
    condition = error.getCondition()
    if condition is None:
        return _of_java(getattr(error, "_origin", None))
    text = str(error).split("\n", maxsplit=1)[0]
    for name, value in sorted((error.getMessageParameters() or {}).items(), key=lambda item: -len(str(item[1]))):
        if value and (_OF_A_ROW.search(name) or not _HARMLESS.search(name)):
            # `text` is the first line of the message, so it contains at most the first line of the value.
            text = text.replace(str(value).split("\n", maxsplit=1)[0], HIDDEN)
    text = _QUOTED_VALUE.sub(HIDDEN, text)
    return text if text.startswith(f"[{condition}]") else f"[{condition}] {text}"


def _of_java(java: Any) -> str:  # noqa: ANN401  # a Throwable of the JVM
    """Return the message of the first cause that can only be about the machine; empty if there is none."""
    for each in _java_causes(java):
        name = str(each.getClass().getName())
        if _OF_THE_MACHINE_IN_JAVA.search(name):
            return f"{name}: {each.getMessage() or ''}".split("\n", maxsplit=1)[0]
    return ""


def _java(error: BaseException) -> Any:  # noqa: ANN401
    return error.java_exception if isinstance(error, Py4JJavaError) else getattr(error, "_origin", None)


def _java_causes(java: Any) -> list[Any]:  # noqa: ANN401
    causes: list[Any] = []
    while java is not None and len(causes) < _MOST_CAUSES:
        causes.append(java)
        java = java.getCause()
    return causes


def _java_trace(java: Any) -> list[str]:  # noqa: ANN401
    lines = []
    try:
        for each in _java_causes(java):
            lines += [f"in the JVM: {each.getClass().getName()}", *[f"    at {frame}" for frame in each.getStackTrace()]]
    except (Py4JError, OSError):
        lines.append("in the JVM: no stack trace, since the JVM does not answer any more")
    return lines


def _place(error: BaseException) -> str:
    """Return the Python file and line in which an error was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    return f" in {frames[-1].filename}, line {frames[-1].lineno}" if frames else ""
