"""Whether a new model version becomes the champion, and why; where no model is worth it, the base rate is served."""

from dataclasses import dataclass

from tidegate.evaluation import MINIMUM_DAYS, PairedDifference
from tidegate.registry import CHAMPION
from tidegate.training.evaluated_models import EvaluatedModels
from tidegate.training.fitted_models import BASE_RATE
from tidegate.training.incumbent import Incumbent


@dataclass(frozen=True)
class Promotion:
    """The decision and its reason, for people.

    Attributes:
        promoted: Whether the new model becomes the champion.
        reason: Why, or why not.
        base_rate: Whether the base rate of the training rows becomes the champion instead, since no model surely beats it.
    """

    promoted: bool
    reason: str
    base_rate: bool = False


def decide_promotion(incumbent: Incumbent | None, evaluated: EvaluatedModels, base_rate_digest: str = "") -> Promotion:
    """Promote a model that surely beats the base rate and, where there is one, the champion on the same test rows.

    "Surely" is the paired interval over blocks of days. A model that does not surely beat the base rate is never promoted. The
    base rate is then promoted by the same rule: where there is no champion, or where it surely beats the champion. A champion
    that is the base rate of other training rows gives way to that of the new ones, so that what is served is never an old share.

    Args:
        incumbent: The champion; None where there is none.
        evaluated: How the new model compares with the others.
        base_rate_digest: Of the scorer that the base rate of the training rows is.
    """
    naive = evaluated.against(BASE_RATE)
    bar = "it was not compared with the base rate" if naive is None else _measured(naive, "the base rate")
    beats_base_rate = naive is not None and naive.better
    if incumbent is None:
        return Promotion(beats_base_rate, f"there was no champion; {bar}" if beats_base_rate else bar, not beats_base_rate)
    champion = f"champion version {incumbent.version.version}"
    if incumbent.version.is_base_rate and not beats_base_rate:
        is_new = incumbent.version.scorer_sha256 != base_rate_digest
        rows = "other training rows" if is_new else "these training rows already"
        return Promotion(False, f"{bar}; {champion} is the base rate of {rows}", base_rate=is_new)
    comparison = evaluated.against(CHAMPION)
    if comparison is None:
        return Promotion(False, f"{champion} can't be scored on these test rows: {incumbent.problem}")
    measured = _measured(comparison, champion)
    if beats_base_rate:
        return Promotion(comparison.better, measured)
    fallback = evaluated.base_rate_against_champion
    if fallback is not None and fallback.better:
        return Promotion(False, f"{bar}; {champion} is surely worse than the base rate", base_rate=True)
    return Promotion(False, f"{measured}; {bar}")


def _measured(item: PairedDifference, other: str) -> str:
    said = f"test log loss {item.difference:+.5f} against {other}"
    if item.days < MINIMUM_DAYS:
        return f"{said} over {item.days} days, too few to be sure: not surely better (give at least {MINIMUM_DAYS} test days)"
    interval = f"95 % interval {item.lower:+.5f} to {item.upper:+.5f} over {item.days} days"
    return f"{said}, {interval}: {'better' if item.better else 'not surely better'}"
