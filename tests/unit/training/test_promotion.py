from tidegate.evaluation import PairedDifference
from tidegate.registry import ModelVersion
from tidegate.training.incumbent import Incumbent
from tidegate.training.promotion import Promotion, decide_promotion

CHAMPION = Incumbent(ModelVersion("delays", 3, "run", "digest"), None, "it reads wind")


def difference(lower: float, upper: float) -> PairedDifference:
    return PairedDifference("boosted_trees", "champion", (lower + upper) / 2, lower, upper, 30)


def test_decide_promotion_takes_the_first_version():
    assert decide_promotion(None, None) == Promotion(True, "there was no champion")


def test_decide_promotion_keeps_a_champion_that_can_not_be_scored():
    decided = decide_promotion(CHAMPION, None)

    assert decided == Promotion(False, "champion version 3 can't be scored on these test rows: it reads wind")


def test_decide_promotion_takes_what_is_surely_better():
    decided = decide_promotion(CHAMPION, difference(-0.03, -0.01))

    assert decided.promoted
    assert decided.reason == (
        "test log loss -0.02000 against champion version 3, 95 % interval -0.03000 to -0.01000 over 30 days: better"
    )


def test_decide_promotion_keeps_the_champion_when_the_interval_holds_zero():
    assert not decide_promotion(CHAMPION, difference(-0.03, 0.0)).promoted
    assert not decide_promotion(CHAMPION, difference(0.01, 0.03)).promoted
