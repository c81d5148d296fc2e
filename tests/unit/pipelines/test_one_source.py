"""A run that loads one source takes the steps that depend on it, and no other source."""

from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from tidegate import Csv, FeatureGroup, FeatureStep, Field, Source, reads
from tidegate.feature_groups.steps.stored_source import stored_source
from tidegate.feature_groups.storage import create_group_table
from tidegate.pipelines.feature_pipeline import all_steps, sources_of
from tidegate.pipelines.one_source import steps_of_source
from tidegate.tables.store import Store

FIELDS = (Field("k", T.StringType(), "key"), Field("at", T.TimestampType(), "when"))
A, B = (Source(name, FIELDS, Csv(), key=("k",), event_time="at") for name in ("a", "b"))
COPIED, JOINED, DERIVED, OTHER = (
    FeatureGroup(name, 1, ("k",), FIELDS, name, history="all") for name in ("copied", "joined", "derived", "other")
)


def build(*frames: DataFrame) -> DataFrame:
    return frames[0]


STEPS = (
    FeatureStep(DERIVED, (reads(JOINED),), build),
    FeatureStep(JOINED, (A, B), build),
    FeatureStep(OTHER, (reads(B),), build),
    FeatureStep(COPIED, (A,)),
)


def test_a_step_with_another_source_is_left_out_until_that_one_is_loaded(spark: SparkSession, tmp_path: Path) -> None:
    store = Store.open(spark, str(tmp_path))

    first = steps_of_source(store, STEPS, A)
    create_group_table(store, stored_source(B))
    later = steps_of_source(store, STEPS, A)

    assert [step.group.name for step in first] == ["copied", "a"]
    assert [step.group.name for step in later] == ["copied", "a", "joined", "derived"]
    assert later[2].names == ("a", "b")
    assert sources_of(all_steps(later)) == {"a": A}
