"""One registered version of a model."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ModelVersion:
    """A registered model version and where it came from.

    Attributes:
        name: Registered model.
        version: Counted from 1.
        run_id: The MLflow run that made it.
        scorer_sha256: Of the portable scorer that was logged with it.
        lineage: Tags given at registration: feature view and group versions, table versions, code version.
    """

    name: str
    version: int
    run_id: str
    scorer_sha256: str
    lineage: Mapping[str, str] = field(default_factory=dict)
