"""A release of a system: the version of each model, with the view and the groups that it reads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from tidegate.datasets.view import FeatureView
from tidegate.errors import NotReleasedError
from tidegate.moments import utc_text

Action = Literal["promote", "rollback", "adopt"]


@dataclass(frozen=True)
class SystemModels:
    """What the functions of this package need to know of a system.

    Attributes:
        system: Name of the system.
        models: Names of its registered models.
        views: The feature views of today's code. A model version of an older tidegate has no stored view; then the view of
            the same name and version is taken from here.
    """

    system: str
    models: tuple[str, ...]
    views: tuple[FeatureView, ...] = ()


@dataclass(frozen=True)
class ReleasedModel:
    """One model of a release.

    Attributes:
        model: Name of the registered model.
        model_version: Its version.
        estimator: What was fitted, such as `boosted_trees`.
        task: What kind of answer it gives, such as `binary`.
        release_id: Hash of what is coupled here. Prediction rows have it.
        view: Name of the feature view.
        view_version: Its version.
        view_definition: The view as text; None if nobody recorded the view that the model was trained with.
        group_versions: Version of the definition of each group of the view, by its full name.
        scorer_sha256: SHA-256 of the portable scorer, in hexadecimal.
        dataset_id: Id of the training dataset, under which its manifest is stored; None if the model version does not name it.
        code_version: Version of the code that trained the model; None if the model version does not name it.
    """

    model: str
    model_version: int
    estimator: str
    task: str
    release_id: str
    view: str
    view_version: int
    view_definition: str | None = field(repr=False)
    group_versions: Mapping[str, int] = field(hash=False)  # a mapping has no hash
    scorer_sha256: str
    dataset_id: str | None = None
    code_version: str | None = None

    @property
    def text(self) -> str:
        """Name and version, for messages: `delays version 3`."""
        return f"{self.model} version {self.model_version}"


@dataclass(frozen=True)
class Release:
    """What a system uses from one moment to the next.

    Attributes:
        system: Name of the system.
        number: Number of the release, from 1.
        released_at: When it was released, UTC; later than the release before. None if it is not recorded: it is what
            MLflow's aliases say in a root without releases.
        action: How it came about: `promote`, `rollback`, or `adopt` for what was in use before there were releases.
        models: The models of the system that are in use.
        restored: For a rollback, the number of the release that it restored.
    """

    system: str
    number: int
    released_at: datetime | None
    action: Action
    models: tuple[ReleasedModel, ...]
    restored: int | None = None

    @property
    def content(self) -> int:
        """The number of the release that first had these models: a rollback has those of the release that it restored."""
        return self.number if self.restored is None else self.restored

    @property
    def text(self) -> str:
        """The models with their versions, for messages and lines of the log."""
        return ", ".join(each.text for each in self.models)

    @property
    def summary(self) -> str:
        """Number, action, models and time, for messages and lines of the log."""
        when = "not recorded yet" if self.released_at is None else utc_text(self.released_at)
        return f"release {self.number} ({self.action}: {self.text}; {when})"

    @property
    def versions(self) -> Mapping[str, int]:
        """The version of each model."""
        return {each.model: each.model_version for each in self.models}

    def has(self, model: str) -> bool:
        """Return whether a model is in use."""
        return any(each.model == model for each in self.models)

    def model(self, name: str) -> ReleasedModel:
        """Return one model.

        Raises:
            NotReleasedError: No version of the model is in use.
        """
        for each in self.models:
            if each.model == name:
                return each
        raise NotReleasedError(self.system, name, self.versions)
