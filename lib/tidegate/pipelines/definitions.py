"""What a system's pipelines are made of; without what runs them, so that a definition, and a Python worker, loads no MLflow."""

from dataclasses import dataclass

from tidegate.datasets.lineage import Origin, person_columns, require_findable
from tidegate.datasets.view import FeatureView
from tidegate.feature_groups.definition import EVENT_TIME
from tidegate.names import require_free_names
from tidegate.predictions.columns import OUTPUT_COLUMNS
from tidegate.predictions.write import PredictionTable
from tidegate.tables.definitions import Definition
from tidegate.training.parameters import ModelColumns


@dataclass(frozen=True)
class InferencePipeline:
    """What a system's inference pipeline is made of.

    Attributes:
        system: Name of the system and of its prediction table.
        view: The feature view; its spine holds the rows to predict.
        model_name: The registered model, whose champion scores.
        carried: Columns of the spine that go into the prediction table beside the entity columns.
        threshold: Probability from which the prediction is 1.

    Raises:
        DefinitionError: An entity or carried column has the name of a column that every prediction table has, or a column with
            personal values is kept without the columns that name the person.
    """

    system: str
    view: FeatureView
    model_name: str
    carried: tuple[str, ...] = ()
    threshold: float = 0.5

    def __post_init__(self) -> None:
        where = f"inference pipeline {self.system!r}: the prediction table"
        require_free_names(self.kept, where, taken=(EVENT_TIME, *OUTPUT_COLUMNS))
        spine = self.view.spine
        require_findable([Origin(name, spine, name) for name in self.kept], f"inference pipeline {self.system!r}")

    @property
    def table(self) -> PredictionTable:
        """The prediction table."""
        found = person_columns(self._origins())
        return PredictionTable(self.system, self.view.spine.entity_key, found.subjects, found.personal)

    @property
    def kept(self) -> tuple[str, ...]:
        """Columns of the spine that stand in the prediction table."""
        return tuple(dict.fromkeys((*self.view.entity_columns, *self.carried)))

    def _origins(self) -> list[Origin]:
        carried = [Origin(name, self.view.spine, name) for name in self.carried]
        return [*self.view.entity_origins(self.view.spine), *self.view.entity_origins(self.view.labels), *carried]


@dataclass(frozen=True)
class TrainingPipeline:
    """What a system's training pipeline is made of.

    Attributes:
        system: Name of the system, for the run table.
        view: The feature view.
        model_name: Registered model.
        columns: What the model reads of the view's entity columns and features.
        day: Date column of the view whose days are the blocks of the paired interval; None: UTC days.
        version: Version of this definition for the version of the view, from 1. A model that reads other columns, or is compared
            by other days, is a new version; one for a new version of the view begins with 1 again.
    """

    system: str
    view: FeatureView
    model_name: str
    columns: ModelColumns
    day: str | None = None
    version: int = 1

    @property
    def definition(self) -> Definition:
        """What this version of the model means for this version of the view, as it is recorded at its first use."""
        parts = {
            "target": self.view.targets[0],
            "categorical": list(self.columns.categorical),
            "numeric": list(self.columns.numeric),
            "day": self.day or "UTC",
        }
        return Definition("model", f"{self.model_name} of {self.view.full_name}", self.version, parts)
