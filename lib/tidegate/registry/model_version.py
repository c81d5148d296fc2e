"""One registered version of a model."""

from collections.abc import Mapping
from dataclasses import dataclass, field

# Tags of a version that is no model but the base rate: what it is, and why no model is served.
ESTIMATOR_TAG, REASON_TAG = "estimator", "promotion_reason"
BASE_RATE = "base_rate"


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

    @property
    def is_base_rate(self) -> bool:
        """Whether it is no model but the base rate."""
        return self.lineage.get(ESTIMATOR_TAG) == BASE_RATE

    @property
    def note(self) -> str:
        """What everybody who reads its predictions has to know; empty where it is a model like any other."""
        if not self.is_base_rate:
            return ""
        reason = self.lineage.get(REASON_TAG, "it was registered without a reason")
        return (
            "No model is in use: every prediction is the base rate, the share seen in training, since no model surely beats it "
            f"({reason})."
        )
