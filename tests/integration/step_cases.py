"""Real files and steps over them, see `hourly_cases` and `season_cases`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from pyspark.sql import DataFrame

from tidegate import FeatureGroup, FeatureStep, Field

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Files by their path in the landing zone.
Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Case:
    """Real files, and steps over them.

    Attributes:
        steps: All steps, those that load first.
        parts: The files as they came, one after another.
        inputs: All rows of the inputs, by the names that the steps use. Their `available_at` is not compared.
    """

    steps: Sequence[FeatureStep]
    parts: Sequence[Files]
    inputs: Mapping[str, DataFrame]

    def expected(self) -> dict[str, DataFrame]:
        frames = dict(self.inputs)
        for step in self.derived:
            rows = step.rows([frames[name] for name in step.names])
            frames[step.group.name] = rows
        return {step.group.name: frames[step.group.name] for step in self.derived}

    @property
    def derived(self) -> list[FeatureStep]:
        return [step for step in self.steps if step.source is None]


def group_of(name: str, key: tuple[Field, ...], *features: Field) -> FeatureGroup:
    return FeatureGroup(name, 1, tuple(field.name for field in key), (*key, *features), f"derived {name}", history="all")
