"""Load the champion that a new model has to beat, if it can score the test rows of the new model."""

from collections.abc import Iterable
from dataclasses import dataclass

from tidegate.errors import CorruptScorerError
from tidegate.registry import ModelVersion, Registry
from tidegate.scorers.portable_scorer import PortableScorer
from tidegate.tasks import Task


@dataclass(frozen=True)
class Incumbent:
    """The current champion.

    Attributes:
        version: The registered version.
        scorer: Its portable scorer; None if it can't score the test rows.
        problem: Why it can't score them; None if it can.
    """

    version: ModelVersion
    scorer: PortableScorer | None
    problem: str | None = None


def as_incumbent(registry: Registry, version: ModelVersion, task: Task, columns: Iterable[str]) -> Incumbent:
    """Return the champion of a model with its scorer, if it can score the test rows of a new model.

    Args:
        registry: The registry that holds the model.
        version: The version that is in use.
        task: The task of the new model.
        columns: Columns of the test rows.

    Raises:
        RegistryError: MLflow failed.
    """
    try:
        scorer = PortableScorer.from_bytes(registry.scorer(version))
    except CorruptScorerError as error:
        return Incumbent(version, None, str(error))
    missing = sorted(set(scorer.required_columns) - set(columns))
    if missing:
        return Incumbent(version, None, f"the test rows lack column(s) that it reads: {', '.join(missing)}")
    if scorer.outputs != task.outputs:
        return Incumbent(version, None, f"it predicts {', '.join(scorer.outputs)}, not {', '.join(task.outputs)}")
    return Incumbent(version, scorer)
