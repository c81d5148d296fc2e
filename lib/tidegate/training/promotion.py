"""Decide whether a new model version becomes the champion, or the base rate instead, and give the reason."""

from dataclasses import dataclass

from tidegate.evaluation import MINIMUM_DAYS, PairedDifference
from tidegate.registry import CHAMPION
from tidegate.training.evaluated_models import EvaluatedModels
from tidegate.training.fitted_models import BASE_RATE
from tidegate.training.incumbent import Incumbent


@dataclass(frozen=True)
class Promotion:
    """The decision, and its reason as a text for people.

    Attributes:
        promoted: Whether the new model becomes the champion.
        reason: Why it does, or why not.
        base_rate: Whether the base rate of the training rows becomes the champion, because the model does not surely beat it.
    """

    promoted: bool
    reason: str
    base_rate: bool = False


def decide_promotion(incumbent: Incumbent | None, evaluated: EvaluatedModels, base_rate_digest: str = "") -> Promotion:
    """Promote a model if it surely beats the base rate and the champion, if there is one, on the same test rows.

    "Surely" means that the whole 95 % interval of the paired difference, over blocks of days, is below 0.

    If the model does not surely beat the base rate, the base rate of the training rows becomes the champion in three cases: there
    is no champion, the base rate surely beats the champion, or the champion is the base rate of other training rows. In the last
    case the new share replaces the old one, so that the share that is served is always the newest.

    Args:
        incumbent: The champion; None if there is none.
        evaluated: The comparisons of the new model with the others.
        base_rate_digest: Digest of the scorer for the base rate of the training rows.
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
