"""NumberTask: what tasks whose labels are numbers have in common."""

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.tasks.task import Task


class NumberTask(Task):
    """A task whose labels are numbers, which estimators are fitted to as they are."""

    @property
    def label_rule(self) -> str:
        """What a label must be."""
        return "a finite number"

    def accepts(self, kind: T.DataType) -> bool:
        """Return whether a target may have this type."""
        return isinstance(kind, T.NumericType)

    def is_usable(self, label: Column) -> Column:
        """Return whether a label is a finite number."""
        return F.coalesce(F.abs(label.cast("double")) < F.lit(float("inf")), F.lit(False))

    def encoded(self, label: Column) -> Column:
        """Return the label as a double."""
        return label.cast("double")
