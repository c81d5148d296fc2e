import math

import pytest
from pyspark.sql import functions as F

from tidegate.evaluation.losses import log_loss, multiclass_log_loss, pinball_loss, poisson_deviance

SMALLEST = 1e-15


def test_losses_by_hand(spark):
    """Also at the ends, where a loss would be infinite: a probability or rate of 0 counts as 1e-15."""
    cases = {
        "log loss": (log_loss(F.lit(1.0), F.lit(0.25)), -math.log(0.25)),
        "log loss of the other class": (log_loss(F.lit(0.0), F.lit(0.25)), -math.log(0.75)),
        "sure and right": (log_loss(F.lit(0.0), F.lit(0.0)), SMALLEST),
        "sure and wrong": (log_loss(F.lit(1.0), F.lit(0.0)), -math.log(SMALLEST)),
        # 1 - 1e-15 is not a double: the nearest one is a little nearer to 1.
        "sure and wrong at 1": (log_loss(F.lit(0.0), F.lit(1.0)), -math.log(1.0 - (1.0 - SMALLEST))),
        "multiclass": (multiclass_log_loss(F.lit(2.0), [F.lit(each) for each in (0.5, 0.4, 0.1)]), -math.log(0.1)),
        "multiclass, sure and wrong": (multiclass_log_loss(F.lit(0.0), [F.lit(0.0), F.lit(1.0)]), -math.log(SMALLEST)),
        # Rounded up in single precision.
        "multiclass, above 1": (multiclass_log_loss(F.lit(0.0), [F.lit(1.0000001), F.lit(0.0)]), 0.0),
        "multiclass, no class": (multiclass_log_loss(F.lit(2.0), [F.lit(0.5), F.lit(0.5)]), None),
        "multiclass, no number": (multiclass_log_loss(F.lit(math.nan), [F.lit(0.5), F.lit(0.5)]), None),
        "no probability": (log_loss(F.lit(1.0), F.lit(None)), None),
        "no rate": (poisson_deviance(F.lit(1.0), F.lit(None)), None),
        "no quantile": (pinball_loss(F.lit(1.0), [F.lit(1.0), F.lit(None)], [0.1, 0.9]), None),
        "poisson": (poisson_deviance(F.lit(3.0), F.lit(2.0)), 2 * (3 * math.log(1.5) - 1)),
        "poisson, no event": (poisson_deviance(F.lit(0.0), F.lit(2.0)), 4.0),
        "poisson, exact": (poisson_deviance(F.lit(2.0), F.lit(2.0)), 0.0),
        "poisson, rate 0": (poisson_deviance(F.lit(1.0), F.lit(0.0)), 2 * (-math.log(SMALLEST) - 1)),
        "pinball, above": (pinball_loss(F.lit(5.0), [F.lit(2.0)], [0.9]), 2.7),
        "pinball, below": (pinball_loss(F.lit(2.0), [F.lit(5.0)], [0.9]), 0.3),
        "pinball, mean of two": (pinball_loss(F.lit(2.0), [F.lit(2.0), F.lit(5.0)], [0.5, 0.9]), 0.15),
    }

    (row,) = spark.range(1).select(*(loss.alias(name) for name, (loss, _) in cases.items())).collect()

    expected = {name: value if value is None else pytest.approx(value, rel=1e-6, abs=1e-14) for name, (_, value) in cases.items()}
    assert row.asDict() == expected
