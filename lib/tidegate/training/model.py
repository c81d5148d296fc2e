"""Model: the definition of what is learned from a feature view, and how."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from pyspark.sql import types as T

from tidegate.datasets.lineage import Origin, person_columns, require_findable
from tidegate.datasets.spines import TARGET_TIME
from tidegate.datasets.split_rules import ByKey, ByTime, SplitRule
from tidegate.datasets.view import FeatureView
from tidegate.declared_names import require_distinct, require_name
from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError, did_you_mean
from tidegate.feature_groups.definition import EVENT_TIME
from tidegate.names import require_free_names
from tidegate.predictions.columns import OUTPUT_COLUMNS
from tidegate.predictions.table import PredictionTable
from tidegate.tables.definitions import Definition
from tidegate.tasks import Task
from tidegate.training.acceptance import NO_FURTHER_RULES, Acceptance
from tidegate.training.estimators.estimator import Estimator
from tidegate.training.model_columns import ModelColumns

_NUMBERS = (T.NumericType, T.BooleanType)


@dataclass(frozen=True)
class Model:
    """What is learned from a feature view: the task, the estimators to compare, and the rules by which a version is accepted.

    Training fits all estimators and chooses the one with the smallest loss on the validation rows. On the test rows, it compares
    the chosen one with the others, with the naive prediction and with the champion.

    Attributes:
        name: Name of the registered model, of its MLflow experiment and of its prediction table.
        view: The feature view. Its spine has the rows to predict, its labels have the answers.
        task: What kind of answer is predicted.
        estimators: What training fits and compares. `Naive` always takes part and need not be named. If there is no other
            estimator, the naive prediction is the model.
        target: The target of the view that is predicted; None if the view has only one.
        columns: The entity columns and features of the view that the estimators read. None means all features of the view:
            texts as categories, numbers and booleans as numbers.
        weight: Feature of the view with the weight of a row in training; None if all rows count the same.
        carried: Columns of the spine that are stored in the prediction table in addition to the entity columns.
        day: Date column of the view. Training compares two models by drawing whole days at random: this gives the 95 % interval
            of the difference of their losses. None takes the UTC days of the label time.
        may_lack: The largest share of label rows that may have NULL as the target, from 0 to 1. Training leaves these rows out
            and logs their number. A view with several targets can have rows with an answer to only some of them.
        accept: The rules by which a trained version is accepted.
        split: How the rows are divided into those to train on, to choose a model on, and to test it on: `ByTime`, `ByKey` or
            `WalkForward`. None divides them by time without a gap: by the configured days, or by shares of the period.
        version: Version of this definition, from 1. Raise it if you change the task (other than the `threshold` of `Binary`), the
            target, `columns`, `weight`, `day` or `split`. It starts at 1 again with each version of the view. MLflow numbers the
            trained versions of the model independently of it.

    Raises:
        DefinitionError: An attribute has another type than declared or is out of its range; a name can't be used; the view has no
            target, or several of which none is chosen; the task does not fit the target, or an estimator can't answer the task
            or use the weight; a column, also one that only an estimator reads, is missing from the view or has a type that a
            model can't read; the split names a column that the view doesn't have, or its gap can't be automatic; an entity or
            carried column has the name of a column of every prediction table; a column with personal values is kept without the
            columns that name the person; or `accept` divides the test rows by a column with personal values, or compares what
            the task doesn't have.
    """

    name: str
    view: FeatureView
    task: Task
    estimators: tuple[Estimator, ...]
    target: str | None = None
    columns: ModelColumns | None = None
    weight: str | None = None
    carried: tuple[str, ...] = ()
    day: str | None = None
    may_lack: float = 0.0
    accept: Acceptance = NO_FURTHER_RULES
    split: SplitRule | None = None
    version: int = 1

    def __post_init__(self) -> None:
        require_declared_types(self)
        require_name(self.name, "model")
        where = f"model {self.name!r}"
        if self.version < 1:
            raise DefinitionError(f"{where}: version is {self.version}; versions begin with 1.")
        if not 0 <= self.may_lack <= 1:
            raise DefinitionError(f"{where}: may_lack is {self.may_lack}; a share lies between 0 and 1.")
        self._require_target(where)
        self._require_columns(where)
        for estimator in self.estimators:
            estimator.require_task(self.task, where)
            estimator.require_columns(self.model_columns, where)
            estimator.require_weight(self.weight, where)
        self.accept.require_columns(self.view.column_types, self.view.personal_columns, where)
        self.accept.require_task(self.task, where)
        if isinstance(self.split, ByKey):
            self.split.require_columns(self.view.column_types, where)
        if isinstance(self.split, ByTime):
            self.split.gap_of(self.view)
        self._require_prediction_table(where)

    @property
    def predicted(self) -> str:
        """The name of the target that is predicted."""
        return self.target or self.view.targets[0]

    @cached_property
    def model_columns(self) -> ModelColumns:
        """The columns that the estimators read."""
        if self.columns is not None:
            return self.columns
        types = self.view.column_types
        read = [name for name in self.view.feature_names if name != self.weight]
        texts = tuple(name for name in read if isinstance(types[name], T.StringType))
        return ModelColumns(texts, tuple(name for name in read if name not in texts))

    @property
    def kept(self) -> tuple[str, ...]:
        """Columns of the spine that are stored in the prediction table: the entity columns, then the carried ones."""
        return self.kept_with(self.view)

    @property
    def table(self) -> PredictionTable:
        """The definition of the prediction table: its name, which is that of the model, its key and its personal columns."""
        return self.table_with(self.view)

    def kept_with(self, view: FeatureView) -> tuple[str, ...]:
        """Return what is kept of the spine of a view, such as that of an earlier release, which may lack a carried column."""
        return tuple(dict.fromkeys((*view.entity_columns, *self._carried_of(view))))

    def table_with(self, view: FeatureView) -> PredictionTable:
        """Return the definition of the prediction table for rows of a view, such as that of an earlier release."""
        carried = view.spine_origins(self._carried_of(view))
        origins = [*view.entity_origins(view.spine), *view.entity_origins(view.labels), *carried]
        found = person_columns(list[Origin](origins))
        outputs = tuple(field.name for field in self.task.prediction_fields)
        return PredictionTable(self.name, view.spine.entity_key, found.subjects, found.personal, outputs)

    def _carried_of(self, view: FeatureView) -> tuple[str, ...]:
        return tuple(name for name in self.carried if name in view.spine.field_names)

    @property
    def definition(self) -> Definition:
        """The parts of this version that decide what is learned. The store records them at first use and compares them later."""
        parts: dict[str, object] = {
            "target": self.predicted,
            "categorical": list(self.model_columns.categorical),
            "numeric": list(self.model_columns.numeric),
            "day": self.day or "UTC",
        }
        # Stores recorded binary models without weights or other splits before there were any, so these parts stand only where
        # they differ.
        if self.task.meaning != "binary":
            parts["task"] = self.task.meaning
        if self.weight is not None:
            parts["weight"] = self.weight
        if self.split not in (None, ByTime()):
            parts["split"] = str(self.split)
        return Definition("model", f"{self.name} of {self.view.full_name}", self.version, parts)

    def _require_target(self, where: str) -> None:
        view, targets = self.view, self.view.targets
        if not targets:
            raise DefinitionError(
                f"{where}: feature view {view.full_name} has no target; name a column of its labels in targets."
            )
        if self.target is None and len(targets) > 1:
            raise DefinitionError(
                f"{where}: feature view {view.full_name} has the targets {', '.join(targets)}; say which one this model "
                f"predicts, for example target={targets[0]!r}."
            )
        _require_known((self.predicted,), targets, f"{where}: target", f"the targets of feature view {view.full_name}")
        types = {field.name: field.type for field in view.labels.fields}
        self.task.require_target(self.predicted, types[self.predicted], where)

    def _require_columns(self, where: str) -> None:
        view, types = self.view, self.view.column_types
        of_view = f"feature view {view.full_name}"
        chosen = self.model_columns
        personal = sorted({*chosen.names} & {*view.personal_columns})
        if personal:
            raise DefinitionError(
                f"{where}: {', '.join(personal)} is personal and can't be read by a model, which would keep its values after an "
                "erasure. Name the other columns in columns=ModelColumns(...), or use a feature that is computed from it."
            )
        _require_known(chosen.names, types, f"{where}: columns", of_view)
        # The training rows have the target too: an estimator that read it would know the answer.
        for estimator in self.estimators:
            _require_known(estimator.further_columns, types, f"{where}: {type(estimator).__name__}", of_view)
        _require_readable({name: types[name] for name in chosen.numeric}, _NUMBERS, where)
        _require_readable({name: types[name] for name in chosen.categorical}, (T.StringType,), where)
        for role, name, allowed, remedy in (
            ("day", self.day, (T.DateType,), "the blocks of the paired interval are days; name a date column"),
            ("weight", self.weight, _NUMBERS, "a weight is a number that is not negative"),
        ):
            if name is not None:
                _require_known((name,), types, f"{where}: {role}", of_view)
                _require_type({name: types[name]}, allowed, where, remedy)
        if self.weight in chosen.names:
            raise DefinitionError(f"{where}: {self.weight!r} is the weight and also a column of the model; leave it out of one.")

    def _require_prediction_table(self, where: str) -> None:
        spine = self.view.spine
        _require_known(self.carried, spine.field_names, f"{where}: carried", f"spine {spine.name!r}")
        outputs = [field.name for field in self.task.prediction_fields]
        taken = (EVENT_TIME, *OUTPUT_COLUMNS, *outputs)
        kept = [name for name in self.kept if name != TARGET_TIME]
        require_free_names(kept, f"{where}: the prediction table", taken=taken)
        require_distinct((*self.kept, *self.view.feature_names), f"{where}: carried", "rename the feature with `rename`")
        require_findable(self.view.spine_origins(self.kept), where)


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
    return (
        "a model reads numbers, booleans and strings. Compute one of them in the feature group, or leave this column out: name "
        "the columns that the model reads in columns=ModelColumns(...)"
    )
