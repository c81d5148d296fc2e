"""Whether a new model version becomes the champion, and why."""

from dataclasses import dataclass

from tidegate.evaluation import PairedDifference
from tidegate.training.incumbent import Incumbent


@dataclass(frozen=True)
class Promotion:
    """The decision and its reason, for people."""

    promoted: bool
    reason: str


def decide_promotion(incumbent: Incumbent | None, comparison: PairedDifference | None) -> Promotion:
    """Promote the first version of a model, and after that only one that beats the champion on the same test rows.

    Args:
        incumbent: The champion; None where there is none.
        comparison: The new model against it; None where it could not be scored.
    """
    if incumbent is None:
        return Promotion(True, "there was no champion")
    champion = f"champion version {incumbent.version.version}"
    if comparison is None:
        return Promotion(False, f"{champion} can't be scored on these test rows: {incumbent.problem}")
    measured = (
        f"test log loss {comparison.difference:+.5f} against {champion}, 95 % interval "
        f"{comparison.lower:+.5f} to {comparison.upper:+.5f} over {comparison.days} days"
    )
    return Promotion(comparison.better, f"{measured}: {'better' if comparison.better else 'not surely better'}")
