"""Report tied rows: rows of a feature group that the join can't order, because all their order values are equal."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.errors import TiedRowsError

_IN_MESSAGE = re.compile(r"\[tie\](?P<group>[^\[]*)\[at\](?P<event_time>[^\[]*)\[end\]")


def raise_tie(group: str, event_time: str) -> Column:
    """Return a column that fails any query that computes it, with the group and the event_time in the message."""
    before, after = tie_message(group, "\0").split("\0")
    # The message shows UTC, whatever the time zone of the session is.
    moment = F.concat(F.to_utc_timestamp(event_time, F.current_timezone()).cast("string"), F.lit(" UTC"))
    message = F.concat(F.lit(before), moment, F.lit(after))
    return F.raise_error(message).cast(T.NullType())


def tie_message(group: str, event_time: str) -> str:
    """Return the message of an error that `ties_told` recognises."""
    return f"point-in-time join: tied rows without `sequence` [tie]{group}[at]{event_time}[end]"


@contextmanager
def ties_told() -> Iterator[None]:
    """Turn Spark's error about tied rows into a TiedRowsError; wrap it around each action on a join's result.

    Raises:
        TiedRowsError: Two rows of a group have the same entity key, event_time and `available_at`, and no sequence column
            orders them.
    """
    try:
        yield
    except (PySparkException, Py4JJavaError) as error:  # Py4JJavaError if a task failed during a write
        found = _IN_MESSAGE.search(str(error))
        if found is None:
            raise
        raise TiedRowsError(found["group"], found["event_time"]) from None
