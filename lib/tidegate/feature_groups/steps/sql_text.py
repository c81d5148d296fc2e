"""A step as SQL: a query over the inputs of the step by their names."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame
from sqlglot import exp, parse
from sqlglot.errors import SqlglotError

from tidegate.errors import DefinitionError, did_you_mean
from tidegate.schema import quoted


def read_query(file: Path, inputs: Iterable[str], where: str) -> str:
    """Return the text of a file with one query, after a check of the names of the tables that it reads.

    Args:
        file: The file, in Spark's SQL.
        inputs: The names of the step's inputs, which the query can read.
        where: What declares the query, for messages.

    Raises:
        DefinitionError: The file can't be read, does not contain exactly one query, or reads a table that is no input.
    """
    try:
        text = file.read_text(encoding="utf-8").strip().removesuffix(";")
    except (OSError, UnicodeDecodeError) as error:
        raise DefinitionError(f"{where}: build names the SQL file {file}, which can't be read: {error}.") from None
    try:
        found = [tree for tree in parse(text, dialect="spark") if tree is not None]
    except SqlglotError as error:
        raise DefinitionError(f"{where}: {file.name} is not valid SQL: {str(error).splitlines()[0]}") from None
    if len(found) != 1 or not isinstance(found[0], exp.Query):
        raise DefinitionError(f"{where}: {file.name} is not one query. Write a SELECT, which may begin with WITH.")
    known = list(inputs)
    named = {each.alias_or_name for each in found[0].find_all(exp.CTE)}
    unknown = sorted({table.name for table in found[0].find_all(exp.Table)} - named - {*known})
    if unknown:
        raise DefinitionError(
            f"{where}: {file.name} reads {unknown[0]!r}, which is no input of the step; inputs: {', '.join(known)}."
            f"{did_you_mean(unknown[0], known)}"
        )
    return text


def run_query(query: str, frames: Mapping[str, DataFrame]) -> DataFrame:
    """Return the result of a query over frames by name. The session keeps none of the names."""
    spark = next(iter(frames.values())).sparkSession
    # Spark replaces a name in braces by a frame. Braces of the query itself are doubled, which means a single one.
    given: dict[str, Any] = {f"input_{place}": frame for place, frame in enumerate(frames.values())}
    named = [f"{quoted(name)} AS (TABLE {{{place}}})" for name, place in zip(frames, given, strict=True)]
    inner = query.replace("{", "{{").replace("}", "}}")
    return spark.sql(f"WITH {', '.join(named)} SELECT * FROM (\n{inner}\n)", None, **given)  # noqa: S608  # the user's own SQL
