"""Report sums that don't fit into their type, as tasks found them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException

from tidegate.errors import LargeSumError

# The message of `totals.sum_of_rows`. Spark also shows the line of code that raised it, in which the names stand in braces.
_IN_MESSAGE = re.compile(r"aggregate (?P<feature>[^\n{]*?): a sum does not fit into (?P<type>[^\n.{]*)\.")


@contextmanager
def sums_told() -> Iterator[None]:
    """Turn Spark's error about a sum into a LargeSumError; wrap it around each action on a join's result with aggregates.

    Raises:
        LargeSumError: A sum of whole numbers or decimals does not fit into its type.
    """
    try:
        yield
    except (PySparkException, Py4JJavaError) as error:  # Py4JJavaError if a task failed during a write
        found = _IN_MESSAGE.search(str(error))
        if found is None:
            raise
        raise LargeSumError(found["feature"], found["type"]) from None
