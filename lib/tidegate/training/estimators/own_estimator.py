"""own_model: what the `fit` of a user's own estimator returns."""

from collections.abc import Mapping

from tidegate.errors import DefinitionError
from tidegate.scorers.inputs import CategoricalInput, Input, NumericInput
from tidegate.scorers.models.own_model import OwnModel, OwnScorer
from tidegate.scorers.portable_scorer import PortableScorer
from tidegate.scorers.specification import Specification
from tidegate.tasks import Task
from tidegate.training.estimators.estimator import Estimator, FittedModel, TrainingRows


def own_model(
    estimator: Estimator, scorer: OwnScorer, rows: TrainingRows, task: Task, importance: Mapping[str, float] | None = None
) -> FittedModel:
    """Return the fitted model of a user's own estimator.

    Args:
        estimator: The estimator.
        scorer: What the estimator has fitted. It reads the columns of the model.
        rows: The training rows.
        task: The task.
        importance: How much each column contributes to the model, as shares that add up to 1. None if this is not known.

    Raises:
        DefinitionError: The class of the scorer can't be imported elsewhere: it was defined in a function or in `__main__`.
    """
    model = OwnModel.of(scorer)
    if "<locals>" in model.name or model.module == "__main__":
        raise DefinitionError(
            f"{type(estimator).__name__}: the class {model.module}.{model.name} of its scorer can't be imported elsewhere. "
            "Define it at the top of a module of your package."
        )
    inputs: list[Input] = [CategoricalInput(column=name, labels=()) for name in rows.columns.categorical]
    inputs += [NumericInput(column=name, fill=None) for name in rows.columns.numeric]
    specification = Specification(inputs=tuple(inputs), model=model, outputs=task.outputs)
    return FittedModel(
        estimator.kind, PortableScorer(specification), importance=importance or {}, parameters=estimator.parameters()
    )
