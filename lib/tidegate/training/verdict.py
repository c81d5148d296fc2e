"""Decide whether a trained version is accepted by the rules of its model, and give the reasons as texts for people."""

from dataclasses import dataclass

from tidegate.evaluation import MINIMUM_DAYS, PairedDifference
from tidegate.registry import CHAMPION
from tidegate.training.acceptance import Acceptance
from tidegate.training.evaluated_models import EvaluatedModels
from tidegate.training.fitted_models import NAIVE
from tidegate.training.incumbent import Incumbent


@dataclass(frozen=True)
class Verdict:
    """Whether a trained version is accepted, and why.

    Attributes:
        accepted: Whether the version keeps all rules.
        reason: Why it is accepted, or why not.
        naive: Whether the naive prediction of the training rows is accepted in its place, because the version does not surely
            beat it.
    """

    accepted: bool
    reason: str
    naive: bool = False


def judge(
    rules: Acceptance, incumbent: Incumbent | None, evaluated: EvaluatedModels, loss: str, naive_digest: str = ""
) -> Verdict:
    """Accept a version if it surely beats the naive prediction and the champion on the same test rows, and keeps all bounds.

    If the version does not surely beat the naive prediction, the naive prediction itself is accepted in three cases: there is no
    champion, the naive prediction surely beats the champion, or the champion is the naive prediction of other training rows. In
    the last case the new one replaces the old one, so that the naive prediction in use is always the newest.

    Args:
        rules: The bounds of the model.
        incumbent: The champion; None if there is none.
        evaluated: The comparisons of the new version with the others.
        loss: Name of the loss, for the reasons.
        naive_digest: SHA-256 of the naive scorer of the training rows.
    """
    loss = loss.replace("_", " ")
    verdict = _by_comparison(incumbent, evaluated, loss, naive_digest)
    problems = rules.problems(evaluated.test_numbers)
    if not verdict.accepted:
        return verdict
    findings = rules.slice_findings(evaluated.slices, loss)
    problems += [finding.text for finding in findings if not finding.kept]
    if problems:
        return Verdict(False, f"{'; '.join(problems)} ({verdict.reason})")
    return Verdict(True, "; ".join((verdict.reason, *(finding.text for finding in findings))))


def _by_comparison(incumbent: Incumbent | None, evaluated: EvaluatedModels, loss: str, naive_digest: str) -> Verdict:
    naive = evaluated.against(NAIVE)
    bar = "it was not compared with the naive prediction" if naive is None else _measured(naive, "the naive prediction", loss)
    if evaluated.candidate == NAIVE:
        bar = "the model has no other estimator than the naive prediction"
    beats_naive = naive is not None and naive.better
    if incumbent is None:
        return Verdict(beats_naive, f"there was no champion; {bar}" if beats_naive else bar, not beats_naive)
    champion = f"champion version {incumbent.version.version}"
    if incumbent.version.is_naive and not beats_naive:
        is_new = incumbent.version.scorer_sha256 != naive_digest
        rows = "other training rows" if is_new else "these training rows already"
        return Verdict(False, f"{bar}; {champion} is the naive prediction of {rows}", naive=is_new)
    comparison = evaluated.against(CHAMPION)
    if comparison is None:
        problem = incumbent.problem or evaluated.unusable.get(CHAMPION)
        return Verdict(False, f"{champion} can't be scored on these test rows: {problem}")
    measured = _measured(comparison, champion, loss)
    if beats_naive:
        return Verdict(comparison.better, measured)
    fallback = evaluated.naive_against_champion
    if fallback is not None and fallback.better:
        return Verdict(False, f"{bar}; {champion} is surely worse than the naive prediction", naive=True)
    return Verdict(False, f"{measured}; {bar}")


def _measured(item: PairedDifference, other: str, loss: str) -> str:
    said = f"test {loss} {item.difference:+.5f} against {other}"
    if item.days < MINIMUM_DAYS:
        return f"{said} over {item.days} days, too few to be sure: not surely better (give at least {MINIMUM_DAYS} test days)"
    interval = f"95 % interval {item.lower:+.5f} to {item.upper:+.5f} over {item.days} days"
    return f"{said}, {interval}: {'better' if item.better else 'not surely better'}"
