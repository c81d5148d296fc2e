"""A version is accepted where it surely beats the naive prediction and the champion, and keeps its bounds."""

import math
from dataclasses import replace

import pytest

from tidegate.errors import DefinitionError
from tidegate.evaluation import PairedDifference, RegressionMetrics
from tidegate.evaluation.number_totals import NumberErrors
from tidegate.evaluation.slices import Slice
from tidegate.registry import ModelVersion
from tidegate.training.acceptance import Acceptance
from tidegate.training.evaluated_models import EvaluatedModels
from tidegate.training.incumbent import Incumbent
from tidegate.training.verdict import Verdict, judge

CHAMPION = Incumbent(ModelVersion("delays", 3, "run", "digest"), None, "it reads wind")
BETTER, UNSURE, WORSE = (-0.03, -0.01), (-0.03, 0.0), (0.01, 0.03)
TOO_FEW_DAYS = (-math.inf, math.inf)


def difference(reference: str, ends: tuple[float, float], model: str = "boosted_trees") -> PairedDifference:
    lower, upper = ends
    middle = (lower + upper) / 2 if math.isfinite(lower) else -0.02
    return PairedDifference(model, reference, middle, lower, upper, 30 if math.isfinite(lower) else 2)


def evaluated(
    naive: tuple[float, float] | None = BETTER,
    champion: tuple[float, float] | None = None,
    fallback: tuple[float, float] | None = None,
) -> EvaluatedModels:
    found = [difference("naive", naive)] if naive else []
    found += [difference("champion", champion)] if champion else []
    return EvaluatedModels("boosted_trees", {}, tuple(found), difference("champion", fallback, "naive") if fallback else None)


def metrics_of(loss: float) -> RegressionMetrics:
    return RegressionMetrics(9, "squared", NumberErrors(9, 1.0, 1.0, 0.0, 0.5, loss, ()), None, 0)


def decided_on(incumbent: Incumbent | None, measured: EvaluatedModels, naive_digest: str = "") -> Verdict:
    return judge(Acceptance(), incumbent, measured, "log_loss", naive_digest)


def test_judge_takes_a_first_version_that_surely_beats_the_naive_prediction():
    decided = decided_on(None, evaluated())
    assert decided == Verdict(
        True,
        "there was no champion; test log loss -0.02000 against the naive prediction, 95 % interval -0.03000 to -0.01000 "
        "over 30 days: better",
    )


@pytest.mark.parametrize("naive", [UNSURE, WORSE, TOO_FEW_DAYS, None])
def test_judge_accepts_the_naive_prediction_where_the_first_version_does_not_surely_beat_it(naive):
    decided = decided_on(None, evaluated(naive))
    assert (decided.accepted, decided.naive) == (False, True)


def test_judge_says_how_many_days_it_takes_to_be_sure():
    said = "over 2 days, too few to be sure: not surely better (give at least 7 test days)"
    assert said in decided_on(None, evaluated(TOO_FEW_DAYS)).reason


def test_judge_keeps_a_champion_that_can_not_be_scored():
    for naive in (BETTER, WORSE):
        decided = decided_on(CHAMPION, evaluated(naive))
        assert decided == Verdict(False, "champion version 3 can't be scored on these test rows: it reads wind")


def test_judge_takes_what_is_surely_better():
    decided = decided_on(CHAMPION, evaluated(champion=BETTER))
    assert decided == Verdict(
        True, "test log loss -0.02000 against champion version 3, 95 % interval -0.03000 to -0.01000 over 30 days: better"
    )


@pytest.mark.parametrize("naive", [UNSURE, WORSE, TOO_FEW_DAYS, None])
@pytest.mark.parametrize("fallback", [BETTER, UNSURE, WORSE, None])
def test_the_naive_prediction_of_other_training_rows_gives_way_to_that_of_the_new_ones(naive, fallback):
    version = ModelVersion("delays", 3, "run", "old rate", {"estimator": "naive"})
    served = Incumbent(version, None, "its scorer is gone") if fallback is None else Incumbent(version, None)
    measured = evaluated(naive, UNSURE, fallback)
    refreshed, same = (decided_on(served, measured, digest) for digest in ("new rate", "old rate"))
    assert (refreshed.accepted, refreshed.naive) == (False, True)
    assert refreshed.reason.endswith("champion version 3 is the naive prediction of other training rows")
    assert (same.accepted, same.naive) == (False, False)
    assert same.reason.endswith("champion version 3 is the naive prediction of these training rows already")
    # A model that surely beats the naive prediction still has to beat what is served.
    for champion in (BETTER, UNSURE):
        decided = decided_on(served, evaluated(BETTER, champion, fallback), "new rate")
        assert (decided.accepted, decided.naive) == (champion == BETTER, False)


@pytest.mark.parametrize("naive", [BETTER, UNSURE, WORSE])
@pytest.mark.parametrize("champion", [BETTER, UNSURE, WORSE])
@pytest.mark.parametrize("fallback", [BETTER, UNSURE, WORSE])
def test_nothing_is_accepted_but_what_surely_beats_both_and_a_bad_champion_gives_way(naive, champion, fallback):
    decided = decided_on(CHAMPION, evaluated(naive, champion, fallback))
    assert decided.accepted == (naive == BETTER and champion == BETTER)
    assert decided.naive == (naive != BETTER and fallback == BETTER)
    assert ("surely worse than the naive prediction" in decided.reason) == decided.naive


SLICES = {"carrier": (Slice("OO", 200, 0.9, 0.5), Slice("AA", 800, 0.4, 0.3)), "origin": (Slice("JFK", 1000, 0.5, 0.34),)}


def test_judge_refuses_a_version_for_its_worst_slice_and_for_the_difference_of_groups():
    measured = replace(evaluated(champion=BETTER), slices=SLICES)
    rules = Acceptance(
        slices=("carrier", "origin"), worst_slice_at_most=1.5, group="carrier", group_difference_at_most={"selection_rate": 0.1}
    )

    decided = judge(rules, CHAMPION, measured, "log_loss")

    assert decided == Verdict(
        False,
        "the worst slice is carrier 'OO': 200 test rows have a mean log loss of 0.9, 1.8 times the 0.5 of all rows, above 1.5; "
        "the selection rate of test rows differs by 0.2 between carrier 'OO' (0.5 in 200 rows) and 'AA' (0.3 in 800 rows), above "
        f"0.1 ({decided_on(CHAMPION, measured).reason})",
    )
    wider = replace(rules, worst_slice_at_most=2.0, group_difference_at_most={"selection_rate": 0.3})
    accepted = judge(wider, CHAMPION, measured, "log_loss")
    assert accepted.accepted
    assert accepted.reason.startswith(f"{decided_on(CHAMPION, measured).reason}; the worst slice is carrier 'OO'")
    assert accepted.reason.count("within") == 3
    # A rule can't make up for a version that is not surely better.
    worse = replace(measured, comparisons=evaluated(champion=UNSURE).comparisons)
    assert judge(wider, CHAMPION, worse, "log_loss") == decided_on(CHAMPION, worse)


def test_judge_only_logs_slices_without_a_bound():
    measured = replace(evaluated(), slices=SLICES)
    rules = Acceptance(slices=("carrier",), group="origin")
    assert judge(rules, None, measured, "log_loss") == decided_on(None, measured)


def test_judge_bounds_every_metric_and_the_skill():
    metrics = {"boosted_trees": metrics_of(0.6), "naive": metrics_of(0.8)}
    measured = replace(evaluated(), metrics={"test": metrics})
    assert judge(Acceptance(at_least={"skill": 0.25}), None, measured, "log_loss").accepted
    decided = judge(Acceptance(at_least={"skill": 0.3}), None, measured, "log_loss")
    assert not decided.accepted
    assert decided.reason.startswith("skill is 0.25, below 0.3 (there was no champion; ")
    # A bound of a metric that nobody measured is refused, whether the version is better or not.
    for naive in (BETTER, WORSE):
        with pytest.raises(DefinitionError, match="names the metric 'skil', which was not measured; measured: .*skill"):
            judge(Acceptance(at_least={"skil": 0.3}), None, replace(evaluated(naive), metrics={"test": metrics}), "log_loss")
