import math
from collections.abc import Mapping
from dataclasses import dataclass

from tidegate.evaluation import Metrics


@dataclass(frozen=True)
class Measured(Metrics):
    def details(self) -> dict[str, object]:
        return {}

    @property
    def loss(self) -> float:
        return 0.5

    def _measured(self) -> Mapping[str, float | None]:
        return {"loss": self.loss, "undefined": None, "nan": math.nan, "infinite": math.inf, "zero": 0.0}


def test_numbers_are_finite_and_begin_with_the_rows():
    assert list(Measured(3).numbers().items()) == [("rows", 3.0), ("loss", 0.5), ("zero", 0.0)]
