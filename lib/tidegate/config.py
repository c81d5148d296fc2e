"""Read the configuration: `conf/base.yml`, then the system's file, then the environment's overlay, and check it as a whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from tidegate.errors import ConfigurationError, did_you_mean


class Section(BaseModel):
    """A part of the configuration. An undeclared key is an error, and the values can't be changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MlflowSettings(Section):
    """Where MLflow stores runs and models; both default to a folder `mlflow` under the root."""

    tracking_uri: str | None = None
    artifact_root: str | None = None


class ShortRunSettings(Section):
    """Spark settings for runs that read few rows; they replace those of the session during the run."""

    most_rows: int = Field(0, ge=0, description="A run that reads fewer rows than this is a short run.")
    spark: dict[str, str] = Field(default_factory=dict, description="Settings that can be changed in a running session.")


class PeriodSettings(Section):
    """Days that `run_system` loads."""

    first_day: date
    last_day: date


class SplitSettings(Section):
    """The last day of each part of a training dataset: training, validation and test, in this order."""

    train_until: date
    validate_until: date
    test_until: date


class TrainingSettings(Section):
    """How models are trained and evaluated."""

    split: SplitSettings
    models: dict[str, dict[str, dict[str, Any]]] = Field(
        default_factory=dict, description="Parameters of estimators, by name of the model and kind of the estimator."
    )
    partitions: int = Field(2, ge=1, description="Partitions of the training rows; MLlib's trees train faster with few.")


class StoreSettings(Section):
    """The settings of a system that trains no model."""

    root: str
    drivers: Literal["one", "several"] = Field("one", description="How many drivers write under the root at the same time.")
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")
    steps_at_once: int = Field(2, ge=1, le=32, description="How many feature groups are computed at the same time.")
    short_runs: ShortRunSettings = ShortRunSettings.model_validate({})
    mlflow: MlflowSettings = MlflowSettings()


class Settings(StoreSettings):
    """The settings of a system that trains models."""

    period: PeriodSettings
    training: TrainingSettings


_Checked = TypeVar("_Checked", bound=StoreSettings)


@dataclass(frozen=True)
class _Layer:
    """One configuration file and its values."""

    file: Path
    values: dict[str, Any]


def load_settings(folder: Path, system: str, environment: str = "local", overrides: Mapping[str, Any] | None = None) -> Settings:
    """Read and check the configuration of a system.

    The files are read in this order: `base.yml`, `<system>.yml`, `<environment>/base.yml`, `<environment>/<system>.yml`. For
    each key the last file that has it decides. The last two files are optional. Secrets are read only from environment
    variables, never from these files.

    Args:
        folder: The `conf` folder.
        system: Short name of the system.
        environment: Name of the overlay's folder.
        overrides: Top-level values from the command line.

    Raises:
        ConfigurationError: The configuration is wrong; the message lists all mistakes with their file and key.
    """
    required = [folder / "base.yml", folder / f"{system}.yml"]
    optional = [folder / environment / "base.yml", folder / environment / f"{system}.yml"]
    return _checked(Settings, required, optional, overrides)


def load_store_settings(
    folder: Path, system: str, environment: str = "local", overrides: Mapping[str, Any] | None = None
) -> StoreSettings:
    """Read and check the configuration of a system that trains no model. Only `base.yml` has to exist.

    The files and their order are those of `load_settings`.

    Args:
        folder: The `conf` folder.
        system: Short name of the system.
        environment: Name of the overlay's folder.
        overrides: Top-level values from the command line.

    Raises:
        ConfigurationError: The configuration is wrong; the message lists all mistakes with their file and key.
    """
    optional = [folder / f"{system}.yml", folder / environment / "base.yml", folder / environment / f"{system}.yml"]
    return _checked(StoreSettings, [folder / "base.yml"], optional, overrides)


def _checked(model: type[_Checked], required: list[Path], optional: list[Path], overrides: Mapping[str, Any] | None) -> _Checked:
    mistakes = [f"{file}: there is no such file" for file in required if not file.is_file()]
    layers, unreadable = _read([file for file in [*required, *optional] if file.is_file()])
    if overrides:
        layers.append(_Layer(Path("command line"), dict(overrides)))
    merged: dict[str, Any] = {}
    for layer in layers:
        merged = _merged(merged, layer.values)
    try:
        settings = model.model_validate(merged)
    except ValidationError as error:
        mistakes += unreadable + [_sentence(model, mistake, layers, required[-1]) for mistake in error.errors()]
        raise ConfigurationError(mistakes) from None
    if mistakes or unreadable:
        raise ConfigurationError(mistakes + unreadable)
    return settings


def _read(files: list[Path]) -> tuple[list[_Layer], list[str]]:
    layers, mistakes = [], []
    for file in files:
        try:
            values = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        except yaml.YAMLError as error:
            mistakes.append(f"{file}: not valid YAML: {' '.join(str(error).split())}")
            continue
        if isinstance(values, dict):
            layers.append(_Layer(file, values))
        else:
            mistakes.append(f"{file}: contains a value of type {type(values).__name__}; expected keys with values")
    return layers, mistakes


def _merged(below: dict[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(key), dict)
        merged[key] = _merged(merged[key], value) if both else value
    return merged


def _sentence(model: type[BaseModel], mistake: ErrorDetails, layers: list[_Layer], last_file: Path) -> str:
    """Return one sentence that names a mistake, its file and key, and what to do."""
    path = tuple(str(part) for part in mistake["loc"])
    key = ".".join(path)
    file = next((layer.file for layer in reversed(layers) if _holds(layer.values, path)), None)
    if mistake["type"] == "missing":
        return f"{last_file}: key {key} is missing; add it"
    if mistake["type"] == "extra_forbidden":
        known = _known_keys(model, path[:-1])
        return f"{file}: unknown key {key}; known keys here: {', '.join(known)}.{did_you_mean(path[-1], known)}"
    return f"{file}: {key} = {mistake['input']!r}: {mistake['msg']}"


def _holds(values: object, path: tuple[str, ...]) -> bool:
    for part in path:
        if not isinstance(values, Mapping) or part not in values:
            return False
        values = values[part]
    return True


def _known_keys(model: type[BaseModel], path: tuple[str, ...]) -> list[str]:
    found: Any = model
    for part in path:
        found = found.model_fields[part].annotation
    return sorted(found.model_fields)
