"""The definitions of the training and inference pipelines.

They are separate from the code that runs them, so that a definition can be loaded, also by a Python worker, without MLflow.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pyspark.sql import types as T

from tidegate.datasets.lineage import Origin, person_columns, require_findable
from tidegate.datasets.view import FeatureView
from tidegate.declared_names import require_distinct, require_name
from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError, did_you_mean
from tidegate.feature_groups.definition import EVENT_TIME
from tidegate.names import require_free_names
from tidegate.predictions.columns import OUTPUT_COLUMNS
from tidegate.predictions.write import PredictionTable
from tidegate.tables.definitions import Definition
from tidegate.training.model_columns import ModelColumns

_NUMBERS = (T.NumericType, T.BooleanType)


@dataclass(frozen=True)
class InferencePipeline:
    """The definition of a system's inference pipeline.

    Attributes:
        system: Name of the system and of its prediction table.
        view: The feature view. Its spine contains the rows to predict.
        model_name: Name of the registered model, whose champion scores the rows.
        carried: Columns of the spine that are stored in the prediction table in addition to the entity columns.
        threshold: The prediction is 1 if the probability is at least this, else 0.

    Raises:
        DefinitionError: An attribute has another type than declared; a name can't be used; a carried column is not in the spine,
            or has the name of a feature; an entity or carried column has the name of a column that every prediction table has; a
            column with personal values is kept without the columns that name the person; or the threshold is not between 0 and 1.
    """

    system: str
    view: FeatureView
    model_name: str
    carried: tuple[str, ...] = ()
    threshold: float = 0.5

    def __post_init__(self) -> None:
        require_declared_types(self)
        require_name(self.system, "the inference pipeline of system")
        require_name(self.model_name, "model")
        where, spine = f"inference pipeline {self.system!r}", self.view.spine
        _require_known(self.carried, spine.field_names, f"{where}: carried", f"spine {spine.name!r}")
        require_free_names(self.kept, f"{where}: the prediction table", taken=(EVENT_TIME, *OUTPUT_COLUMNS))
        require_distinct((*self.kept, *self.view.feature_names), f"{where}: carried", "rename the feature with `rename`")
        require_findable(self.view.spine_origins(self.kept), where)
        if not 0 <= self.threshold <= 1:
            raise DefinitionError(f"{where}: threshold is {self.threshold}; a probability lies between 0 and 1.")

    @property
    def table(self) -> PredictionTable:
        """The definition of the prediction table: its name, which is that of the system, its key and its personal columns."""
        found = person_columns(self._origins())
        return PredictionTable(self.system, self.view.spine.entity_key, found.subjects, found.personal)

    @property
    def kept(self) -> tuple[str, ...]:
        """Columns of the spine that are stored in the prediction table: the entity columns, then the carried ones."""
        return tuple(dict.fromkeys((*self.view.entity_columns, *self.carried)))

    def _origins(self) -> list[Origin]:
        view = self.view
        return [*view.entity_origins(view.spine), *view.entity_origins(view.labels), *view.spine_origins(self.carried)]


@dataclass(frozen=True)
class TrainingPipeline:
    """The definition of a system's training pipeline.

    Attributes:
        system: Name of the system. The table of runs (`FeatureStore.audit.runs`) shows it.
        view: The feature view.
        model_name: Name of the registered model.
        columns: The entity columns and features of the view that the model reads.
        day: Date column of the view. To compare two models, training draws whole days of it at random, which gives the 95 %
            interval of the difference of their log losses. None takes the UTC days of the label time.
        version: Version of this definition, from 1. It must be raised if `columns` or `day` changes, and starts at 1 again with
            each version of the view.

    Raises:
        DefinitionError: An attribute has another type than declared, a name can't be used, the view has no target, the target is
            neither a number nor a boolean, or a column is missing from the view or has a type that the model can't read.
    """

    system: str
    view: FeatureView
    model_name: str
    columns: ModelColumns
    day: str | None = None
    version: int = 1

    def __post_init__(self) -> None:
        require_declared_types(self)
        require_name(self.system, "the training pipeline of system")
        require_name(self.model_name, "model")
        where, view, types = f"training pipeline {self.system!r}", self.view, self.view.column_types
        if self.version < 1:
            raise DefinitionError(f"{where}: version is {self.version}; versions begin with 1.")
        _require_known(self.columns.names, types, f"{where}: columns", f"feature view {view.full_name}")
        _require_known((self.day,) if self.day else (), types, f"{where}: day", f"feature view {view.full_name}")
        if not view.targets:
            raise DefinitionError(
                f"{where}: feature view {view.full_name} has no target; name a column of its labels in targets."
            )
        labels = {field.name: field.type for field in view.labels.fields}
        answers = {name: labels[name] for name in view.targets[:1]}
        days = {self.day: types[self.day]} if self.day else {}
        _require_type(answers, _NUMBERS, where, "a target is a boolean, or a number that is 0 or 1")
        _require_readable({name: types[name] for name in self.columns.numeric}, _NUMBERS, where)
        _require_readable({name: types[name] for name in self.columns.categorical}, (T.StringType,), where)
        _require_type(days, (T.DateType,), where, "the blocks of the paired interval are days; name a date column")

    @property
    def definition(self) -> Definition:
        """The target, columns and day of this version. The store records them at first use and compares them later."""
        parts = {
            "target": self.view.targets[0],
            "categorical": list(self.columns.categorical),
            "numeric": list(self.columns.numeric),
            "day": self.day or "UTC",
        }
        return Definition("model", f"{self.model_name} of {self.view.full_name}", self.version, parts)


def _require_known(names: Iterable[str], available: Iterable[str], role: str, where: str) -> None:
    known = list(available)
    for name in names:
        if name not in known:
            raise DefinitionError(
                f"{role} names {name!r}, which {where} doesn't have; available: {', '.join(known)}.{did_you_mean(name, known)}"
            )


def _require_type(columns: Mapping[str, T.DataType], allowed: tuple[type[T.DataType], ...], where: str, remedy: str) -> None:
    for name, kind in columns.items():
        if not isinstance(kind, allowed):
            raise DefinitionError(f"{where}: {name} is {kind.simpleString()}; {remedy}.")


def _require_readable(columns: Mapping[str, T.DataType], allowed: tuple[type[T.DataType], ...], where: str) -> None:
    for name, kind in columns.items():
        _require_type({name: kind}, allowed, where, _how_to_read(kind))


def _how_to_read(kind: T.DataType) -> str:
    """Return, for a message, how a model can read a column of this type."""
    if isinstance(kind, T.StringType):
        return "name it as categorical"
    if isinstance(kind, _NUMBERS):
        return "name it as numeric"
    return "a model reads numbers, booleans and strings; compute one of them in the feature group, and name that column instead"
