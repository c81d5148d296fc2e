"""One registered version of a model."""

from collections.abc import Mapping
from dataclasses import dataclass, field

# Tags of a version that is the naive prediction instead of a fitted model: what it is, and why no fitted model was accepted.
ESTIMATOR_TAG, REASON_TAG = "estimator", "promotion_reason"
# The base rate was the naive prediction of older versions of tidegate, which knew only binary models.
NAIVE = ("naive", "base_rate")


@dataclass(frozen=True)
class ModelVersion:
    """A registered model version and its origin.

    Attributes:
        name: Name of the registered model.
        version: Number of the version, from 1.
        run_id: Id of the MLflow run that created it.
        scorer_sha256: SHA-256 of the portable scorer that was logged with it, in hexadecimal; empty if there is none.
        lineage: Tags given at registration: feature view and group versions, table versions, code version.
    """

    name: str
    version: int
    run_id: str
    scorer_sha256: str
    lineage: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_naive(self) -> bool:
        """Whether this version is the naive prediction instead of a fitted model."""
        return self.lineage.get(ESTIMATOR_TAG) in NAIVE

    @property
    def note(self) -> str:
        """A notice for readers of the predictions if this version is the naive prediction; empty for a fitted model."""
        if not self.is_naive:
            return ""
        reason = self.lineage.get(REASON_TAG, "it was registered without a reason")
        return (
            "No fitted model is in use: every prediction is the naive one, the same for all rows, because no fitted model surely "
            f"beat it ({reason})."
        )
