"""Apply the parameters of estimators that a configuration names to the definitions of models."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tidegate.errors import ConfigurationError, DefinitionError, did_you_mean
from tidegate.training.estimators.estimator import Estimator
from tidegate.training.model import Model

# By name of the model, then kind of the estimator, then name of the parameter.
Parameters = Mapping[str, Mapping[str, Mapping[str, Any]]]
_KEY = "training.models"


def configured_models(models: Sequence[Model], parameters: Parameters) -> tuple[Model, ...]:
    """Return the models with the configured parameters in place of those of their definitions.

    A parameter of a kind holds for all estimators of this kind in the model.

    Args:
        models: The models of a system.
        parameters: The configured parameters.

    Raises:
        ConfigurationError: There is no such model, estimator or parameter, or a value can't be used. The message lists all
            mistakes.
    """
    mistakes = list(_unknown(parameters, {model.name for model in models}, _KEY, "model"))
    configured = []
    for model in models:
        chosen = parameters.get(model.name, {})
        key = f"{_KEY}.{model.name}"
        mistakes += _unknown(chosen, {each.kind for each in model.estimators}, key, "estimator of the model")
        estimators = []
        for estimator in model.estimators:
            given = chosen.get(estimator.kind, {})
            found, problems = _configured(estimator, given, f"{key}.{estimator.kind}")
            estimators.append(found)
            mistakes += problems
        configured.append(replace(model, estimators=tuple(estimators)))
    if mistakes:
        raise ConfigurationError(list(dict.fromkeys(mistakes)))
    return tuple(configured)


def _configured(estimator: Estimator, given: Mapping[str, Any], key: str) -> tuple[Estimator, list[str]]:
    """Return an estimator with other parameters, and the mistakes in them. Each parameter is tried alone, to find them all."""
    known = set(estimator.parameters())
    mistakes = list(_unknown(given, known, key, "parameter"))
    for name, value in given.items():
        if name in known:
            try:
                estimator = estimator.with_parameter(name, value)
            except DefinitionError as error:
                mistakes.append(f"{key}.{name} = {value!r}: {error}")
    return estimator, mistakes


def _unknown(given: Mapping[str, Any], known: set[str], key: str, what: str) -> Iterator[str]:
    for name in given:
        if name not in known:
            yield f"unknown {what} {key}.{name}; known here: {', '.join(sorted(known)) or 'none'}.{did_you_mean(name, known)}"
