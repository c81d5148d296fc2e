"""Steps over published files, delivered in several orders, against one computation of all rows.

Each case is a chain of two steps. The expected rows come from the same functions, applied to plain reads of all files at once.
"""

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from tests.integration.hourly_cases import danish, polish
from tests.integration.season_cases import basketball, football
from tests.integration.step_cases import Case, Files
from tests.same_rows import assert_same_rows, comparable

from tidegate import FeatureStore, LoadRequest

pytestmark = [pytest.mark.slow, pytest.mark.evidence]


def deliveries(parts: Sequence[Files], order: str) -> list[Files]:
    """Return the files of each run."""
    draw = random.Random(order)
    turns = list(range(len(parts)))
    if order == "shuffled":
        draw.shuffle(turns)
    count = 1 if order == "all at once" else 4
    runs = [[parts[turn] for turn in turns[start::count]] if order == "shuffled" else [] for start in range(count)]
    if order != "shuffled":
        size = -(-len(turns) // count)
        runs = [[parts[turn] for turn in turns[start : start + size]] for start in range(0, len(turns), size)]
    files = [{path: content for part in run for path, content in part.items()} for run in runs]
    if order == "doubled":
        # Each file once more in the run after its own, under another name.
        again = [{f"{Path(path).parent}/again-{Path(path).name}": content for path, content in run.items()} for run in files]
        files = [{**run, **more} for run, more in zip([*files, {}], [{}, *again], strict=True)]
    return files


CASES: dict[str, Callable[[SparkSession, Path, Path], Case]] = {
    "danish": danish,
    "polish": polish,
    "football": football,
    "nba": basketball,
}
ORDERS = ("as they come", "all at once", "shuffled", "doubled")


@pytest.mark.parametrize("name", CASES)
def test_steps_over_published_files_give_what_one_computation_of_all_rows_gives(
    spark: SparkSession, real_data: Path, tmp_path: Path, name: str
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    case = CASES[name](spark, real_data, scratch)
    expected = {each: rows.drop("available_at").localCheckpoint() for each, rows in case.expected().items()}
    assert all(rows.count() > 10 for rows in expected.values())
    for order in ORDERS:
        store, landing = FeatureStore(spark, tmp_path / order / "root"), tmp_path / order / "landing"
        for run in deliveries(case.parts, order):
            for path, content in run.items():
                (landing / path).parent.mkdir(parents=True, exist_ok=True)
                (landing / path).write_bytes(content)
            store.run(*case.steps, request=LoadRequest(str(landing)))
        for step in case.derived:
            rows = expected[step.group.name]
            found = store.read(step.group).select(*rows.columns)
            assert_same_rows(comparable(found), comparable(rows), f"{step.group.name}, {order}")
