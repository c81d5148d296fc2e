"""Errors about models, training and portable scorers."""

from collections.abc import Iterable, Mapping

from tidegate.errors.base import TidegateError, did_you_mean


class UnsupportedModelError(TidegateError):
    """A fitted pipeline has a stage from which no portable scorer can be made."""

    def __init__(self, stage: str, reason: str) -> None:
        super().__init__(
            f"no portable scorer can be made: {stage}: {reason}. Supported: casts to double, StringIndexer (keep), "
            "OneHotEncoder, Imputer, VectorAssembler, then boosted trees, a random forest, a linear, logistic or Poisson "
            "regression, or a multilayer perceptron. Use the estimators that tidegate exports."
        )


class CorruptScorerError(TidegateError):
    """Bytes are no portable scorer, or are not the portable scorer that was registered."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the portable scorer can't be used: {reason}. Train and register the model again.")


class ScorerMismatchError(TidegateError):
    """A portable scorer returns other numbers than the model from which it was made."""

    def __init__(self, wrong: Mapping[str, tuple[int, float]], tolerance: float, shown: int = 5) -> None:
        worst = sorted(wrong.items(), key=lambda item: -item[1][1])[:shown]
        listed = "; ".join(f"{case}: {rows} row(s), up to {largest:.3g}" for case, (rows, largest) in worst)
        super().__init__(
            f"the portable scorer differs from the model by more than {tolerance:g} in {len(wrong)} kind(s) of rows: "
            f"{listed}. Nothing was registered."
        )


class UnusableRowsError(TidegateError):
    """Rows can't be used for training or evaluation."""

    def __init__(self, where: str, problems: Iterable[str]) -> None:
        super().__init__(f"{where}: {'; '.join(problems)}. Check the period and the labels. Nothing was registered.")


class UnusableScoresError(UnusableRowsError):
    """A model gives scores that can't be compared, such as numbers that are not finite.

    Attributes:
        model: Name of the model.
    """

    def __init__(self, model: str, problem: str) -> None:
        super().__init__(f"rows scored by {model}", [problem])
        self.model = model


class PersonalFeatureError(TidegateError):
    """A model would be fitted on a personal column, and would still contain its values after an erasure."""

    def __init__(self, model: str, columns: Iterable[str]) -> None:
        super().__init__(
            f"model {model}: {', '.join(sorted(columns))} is declared personal and can't be a feature: its values would "
            "stay in the fitted model. Leave the column out, or use a feature that is computed from it."
        )


class NoChampionError(TidegateError):
    """A model has no champion."""

    def __init__(self, model: str, available: Iterable[str]) -> None:
        names = sorted(available)
        super().__init__(
            f"model {model}: no version has the alias champion; registered models: {', '.join(names) or 'none'}."
            f"{did_you_mean(model, names)} Train the model, and promote the version that it registers."
        )


class UnknownModelError(TidegateError):
    """A system has no model of this name."""

    def __init__(self, name: str, system: str, available: Iterable[str]) -> None:
        names = sorted(available)
        super().__init__(f"system {system} has no model {name!r}; available: {', '.join(names)}.{did_you_mean(name, names)}")


class OtherTaskError(TidegateError):
    """The released version of a model gives other answers than the task that the model has by now."""

    def __init__(self, model: str, version: int, found: Iterable[str], expected: Iterable[str]) -> None:
        super().__init__(
            f"model {model}: the released version {version} predicts {', '.join(found)}, but the task of the model predicts "
            f"{', '.join(expected)}. Give the model of the new task another name, train it, and promote the version that this "
            "registers. Its predictions get a table of their own."
        )
