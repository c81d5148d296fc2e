"""Names that a definition lets pass go through every verb; so does a view without a look-back that chooses twice from a group."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from tidegate import FeatureChoice, FeatureGroup, FeatureStore, FeatureView, Field, RowChoice, at_least
from tidegate.errors import EntityValueError, MissingGroupError, MissingPredictionsError, MissingVersionError, NameClashError
from tidegate.point_in_time.planner import STRATEGIES

NAMES = (*re.split(" ", "größe order 1st 2e5 null a-b a:b a/b 50% #n € 温度 🚲 @home <a> [a] $a a? a! a&b end-"), "x" * 255)
KEYS = ("select", "Straße-1", "group")
# Inside a column older releases stored names that a column can't have.
INSIDE = ("größe", "a.b", "a'b", "a`b", "a*b", 'a"b', "a\\b")
INNER = T.StructType([T.StructField(name, T.LongType()) for name in INSIDE])
MAPS = T.MapType(T.StringType(), INNER)
NESTED = T.StructType([T.StructField("order-1", T.ArrayType(INNER)), T.StructField("a.b", INNER), T.StructField("m'`.", MAPS)])
FIELDS = (
    *(Field(name, T.StringType(), name) for name in KEYS[:2]),
    Field("group", T.LongType(), "group"),
    *(Field(name, T.DoubleType(), name) for name in NAMES),
    Field("table", NESTED, "nested"),
)
ODD = FeatureGroup(
    "Odd-names", 1, KEYS, FIELDS, "odd", subject="Straße-1", personal=("€",), history="all", expectations=(at_least("1st", 0),)
)
LABELS = FeatureGroup("labels", 1, KEYS, (*FIELDS[:3], Field("from", T.IntegerType(), "target")), "labels")
# The same group twice: as of the last day, and whatever its age.
DAY = FeatureChoice(ODD, (*NAMES, "table"), timedelta(days=1))
EVER = FeatureChoice(ODD, ("größe", "1st"), None, rename={"größe": "größe-ever", "1st": "the-1st"})
VIEW = FeatureView("odd-view", 1, LABELS, LABELS, ("from",), (DAY, EVER))
KEY = ("a", "b", 1)


def at(day: int) -> datetime:
    return datetime(2024, 1, day, tzinfo=UTC)


def row(value: float, day: int, known: int) -> tuple[object, ...]:
    inner = (int(value),) * len(INSIDE)
    return (*KEY, *[value] * len(NAMES), ([inner], inner, {"k": inner}), at(day), at(known))


@pytest.fixture
def store(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FeatureStore:
    monkeypatch.setenv("TIDEGATE_SUBJECT_KEY", "0123456789abcdef" * 3)
    store = FeatureStore(spark, tmp_path / "a root")
    store.write(ODD, spark.createDataFrame([row(1.0, 1, 1), row(-1.0, 2, 2)], ODD.schema))
    store.write(LABELS, spark.createDataFrame([(*KEY, 0, at(1), at(1)), (*KEY, 1, at(9), at(9))], LABELS.schema))
    return store


@pytest.mark.slow
def test_odd_names_and_no_look_back_go_through_every_verb(store: FeatureStore, spark: SparkSession) -> None:
    written = store.write(ODD, spark.createDataFrame([row(3.0, 1, 3)], ODD.schema))
    assert (written.read, written.inserted + written.updated) == (1, 1)
    assert [each["größe"] for each in store.read(ODD).collect()] == [3.0]
    assert [each["1st"] for each in store.as_known(ODD, at(2)).collect()] == [1.0]
    assert store.audit.content_hash(ODD)
    inner = dict.fromkeys(INSIDE, 3)
    assert [each["table"].asDict(True) for each in store.read(ODD).collect()] == [
        {"order-1": [inner], "a.b": inner, "m'`.": {"k": inner}}
    ]
    assert store.quarantined(ODD).count() == 1
    assert store.requeue(ODD, dry_run=True).released == 0
    expected = {(at(1), 1.0, 1.0), (at(9), None, 3.0)}
    rows = store.read(LABELS).select(*KEYS, "event_time")
    for strategy in (None, *STRATEGIES):
        found = store.attach_features(VIEW, rows, provenance=True, strategy=strategy).collect()
        assert {(each["event_time"].astimezone(UTC), each["größe"], each["größe-ever"]) for each in found} == expected, strategy
        assert {each["Odd-names_2__event_time"].astimezone(UTC) for each in found} == {at(1)}
    explained = store.explain(VIEW, dict(zip(KEYS, KEY, strict=True)), at(9)).collect()
    assert {(each.feature_group, each.verdict) for each in explained if each.verdict in ("chosen", "too old")} == {
        ("Odd-names_v1", "too old"), ("Odd-names_v1 (Odd-names_2)", "chosen"),
    }  # fmt: skip
    built = store.training_dataset(VIEW, at(1), at(10))
    assert {(each["from"], each["größe"], each["größe-ever"]) for each in built.frame.collect()} == {
        (0, 1.0, 1.0),
        (1, None, 3.0),
    }
    assert store.training_dataset(VIEW, at(1), at(10)).reused
    keys = spark.createDataFrame([KEY[:2]], T.StructType(ODD.schema.fields[:2]))
    assert store.delete(ODD, RowChoice(keys), known_at=at(4)).rows == 1
    assert store.delete(ODD, RowChoice(keys), purge=True).rows >= 2
    assert store.catalog.statistics(ODD).count() > 0


def test_what_is_not_there_is_named(store: FeatureStore, spark: SparkSession, tmp_path: Path) -> None:
    never = FeatureGroup("lables", 1, KEYS[:1], FIELDS[:1], "never written")
    for verb in (store.read, store.history, store.audit.content_hash):
        with pytest.raises(
            MissingGroupError, match=r"lables_v1 has no table .*: Odd-names_v1, labels_v1. Did you mean 'labels_v1'"
        ):
            verb(never)
    with pytest.raises(MissingVersionError, match=r"no table version 99; the newest is \d"):
        store.read(LABELS, version=99)
    with pytest.raises(MissingPredictionsError, match="no prediction table 'shop' .*; available: none"):
        store.predictions("shop")
    new = FeatureStore(spark, tmp_path / "new")
    assert [frame.count() for frame in (new.audit.runs(), new.audit.manifests(), new.receipts(), new.catalog.statistics())] == [
        0,
        0,
        0,
        0,
    ]
    assert new.tables() == []
    assert not (tmp_path / "new").exists()
    with pytest.raises(EntityValueError, match="labels_v1: the column group is declared as bigint, but 'C17' is not a value"):
        store.explain(VIEW, {"group": "C17"})
    with pytest.raises(EntityValueError, match=r"Odd-names_v1: the column Straße-1 .*not shown, it is personal"):
        store.explain(VIEW, {"select": "a", "Straße-1": object(), "group": 1}, at(9))
    with pytest.raises(NameClashError, match="two columns of the name ORDER, order"):
        store.attach_features(VIEW, store.read(LABELS).withColumnRenamed("from", "ORDER"))
