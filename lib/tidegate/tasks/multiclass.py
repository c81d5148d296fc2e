"""Multiclass: which of several things happens, and how likely is each?"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.declared_names import require_distinct
from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError
from tidegate.evaluation.losses import multiclass_log_loss
from tidegate.evaluation.multiclass import MulticlassMetrics, multiclass_metrics
from tidegate.evaluation.scored_rows import ScoredRows
from tidegate.tasks.task import Task

_OTHERS = re.compile(r"\W+")


@dataclass(frozen=True)
class Multiclass(Task):
    """Predicts a probability for each class, and the most likely class.

    Attributes:
        class_names: The values that a label can have, all texts or all whole numbers. The class `on time` has its probability in
            the column `probability_on_time`: `_` replaces everything that is no digit and no letter from a to z or A to Z.

    Raises:
        DefinitionError: There are fewer than two classes, texts are mixed with numbers, or two classes have the same column.
    """

    class_names: tuple[str, ...] | tuple[int, ...]

    kind: ClassVar[str] = "multiclass"
    loss_name: ClassVar[str] = "log_loss"

    def __post_init__(self) -> None:
        require_declared_types(self)
        if len(self.class_names) < 2:
            raise DefinitionError(f"Multiclass: class_names is {self.class_names}; name at least two classes.")
        require_distinct(self.outputs, "Multiclass: the columns of class_names", "give one of the classes another name")

    @property
    def label_rule(self) -> str:
        """What a label must be."""
        kind = "a text" if self._are_texts else "a whole number"
        return f"{kind}, one of {', '.join(map(repr, self.class_names))}"

    @property
    def meaning(self) -> str:
        """The kind of the task, and its classes."""
        return f"{self.kind} of {list(self.class_names)}"

    @property
    def outputs(self) -> tuple[str, ...]:
        """The probability of each class."""
        return tuple(f"probability_{_OTHERS.sub('_', str(name))}" for name in self.class_names)

    @property
    def prediction_fields(self) -> tuple[T.StructField, ...]:
        """The probability of each class, and the most likely class."""
        prediction = T.StructField("prediction", T.StringType() if self._are_texts else T.LongType())
        return (*(T.StructField(name, T.DoubleType()) for name in self.outputs), prediction)

    @property
    def class_labels(self) -> tuple[str, ...]:
        """The classes as texts."""
        return tuple(str(name) for name in self.class_names)

    def accepts(self, kind: T.DataType) -> bool:
        """Return whether a target may have this type."""
        return isinstance(kind, T.StringType if self._are_texts else T.IntegralType)

    def is_usable(self, label: Column) -> Column:
        """Return whether a label is one of the classes."""
        return F.coalesce(label.isin(*self.class_names), F.lit(False))

    def encoded(self, label: Column) -> Column:
        """Return the position of the class in `class_names`."""
        return (F.array_position(self._classes, label.cast(self._type)) - 1).cast("double")

    def loss(self, label: Column, score: Sequence[Column]) -> Column:
        """Return the log loss, in nats."""
        return multiclass_log_loss(label, score)

    def predictions(self, score: Sequence[Column]) -> list[Column]:
        """Return the probabilities and the most likely class. Of equally likely ones it is the first."""
        probabilities = F.array(*score)
        best = F.array_position(probabilities, F.array_max(probabilities)).cast("int")
        columns = [column.alias(name) for name, column in zip(self.outputs, score, strict=True)]
        return [*columns, F.element_at(self._classes, best).alias("prediction")]

    def _metrics(self, rows: ScoredRows) -> Mapping[str, MulticlassMetrics]:
        return multiclass_metrics(rows, tuple(map(str, self.class_names)))

    @property
    def _are_texts(self) -> bool:
        return isinstance(self.class_names[0], str)

    @property
    def _type(self) -> str:
        return "string" if self._are_texts else "bigint"

    @property
    def _classes(self) -> Column:
        return F.array(*(F.lit(name).cast(self._type) for name in self.class_names))
